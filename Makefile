# galley: `make help` lists the targets.
#
#   B=dir        where everything is built (default build)
#   CC=clang     another compiler
#   SAN=asan     address and undefined-behaviour sanitizers (or tsan, fuzz, cov)
#   V=1          show the commands
#   WERROR=      do not stop at warnings
#   SQLITE=shared  the system's libsqlite3.so instead of linking it in

VERSION := 0.1.0
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man

SAN ?=
ifeq ($(SAN),)
B ?= build
else
B ?= build/$(SAN)
endif
ifeq ($(SAN),fuzz)
CC := clang
endif
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)

PKGS := sqlite3 libcjson libcurl libseccomp ncursesw
# jq 1.6 of Debian 12 has no .pc file
JQ_LIBS := -ljq -lonig -lm

IS_CLANG := $(findstring clang,$(CC))
WARN := -Wall -Wextra -Wformat=2 -Wshadow -Wundef -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wimplicit-fallthrough -Wwrite-strings -Wcast-qual \
	-Wpointer-arith -Wold-style-definition -Werror=format-security \
	-Werror=implicit-function-declaration -Werror=return-type \
	-Werror=int-conversion -Werror=incompatible-pointer-types
ifeq ($(IS_CLANG),)
WARN += -Wlogical-op -Wduplicated-cond -Wformat-overflow=2 -Wuse-after-free=3 \
	-Wtrampolines -Wbidi-chars=any -Wstringop-overflow=4 -Wnull-dereference \
	-Walloca
endif
WERROR ?= -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE \
	-ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks \
	-fno-strict-overflow
ifneq ($(IS_CLANG),)
# clang 14 wants to be told that this option may change
HARDEN += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
endif
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection=full
endif
OPT := -O2 -g
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LDHARD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code \
	-Wl,--as-needed
ifeq ($(SAN),asan)
OPT := -O1 -g -fno-omit-frame-pointer
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all
FORTIFY :=
endif
ifeq ($(SAN),tsan)
OPT := -O1 -g -fno-omit-frame-pointer
SANFLAGS := -fsanitize=thread
FORTIFY :=
endif
ifeq ($(SAN),fuzz)
OPT := -O1 -g -fno-omit-frame-pointer
SANFLAGS := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
FORTIFY :=
endif
ifeq ($(SAN),cov)
OPT := -O0 -g
SANFLAGS := --coverage
FORTIFY :=
endif

CPPFLAGS := -Iinclude -I$(B)/gen -Isrc -D_GNU_SOURCE $(FORTIFY) \
	-DGALLEY_VERSION='"$(VERSION)"' -DGALLEY_PREFIX='"$(prefix)"' \
	$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
CFLAGS := -std=gnu17 $(OPT) -pipe -fno-common $(WARN) $(WERROR) $(HARDEN) \
	$(SANFLAGS) -MMD -MP
LDFLAGS := $(LDHARD) $(SANFLAGS)
# A search is a process of its own, and a sixth of its life went into binding
# libsqlite3: it is linked in (rebuild after a security update of SQLite, or
# build with SQLITE=shared).
SQLITE ?= $(if $(wildcard $(shell $(PKG_CONFIG) --variable=libdir sqlite3 2>/dev/null)/libsqlite3.a),static,shared)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm -lpthread
ifeq ($(SQLITE),static)
LIBS := $(subst -lsqlite3,-l:libsqlite3.a,$(LIBS))
endif

# Floors, lowest first. A test of a floor links that floor and those below.
DIRS := base ui model policy store net connector sync app scenario pane bench cli
src_of = $(sort $(wildcard src/$(1)/*.c))
obj_of = $(patsubst src/%.c,$(B)/src/%.o,$(call src_of,$(1)))
lib_of = $(B)/lib$(1).a
# every floor up to and including $(1), highest first, for the linker
below = $(call rev,$(call upto,$(1),$(DIRS)))
upto = $(if $(2),$(firstword $(2)) $(if $(filter $(1),$(firstword $(2))),,$(call upto,$(1),$(wordlist 2,99,$(2)))))
rev = $(if $(1),$(call rev,$(wordlist 2,99,$(1))) $(firstword $(1)))
libs_upto = $(foreach d,$(call below,$(1)),$(call lib_of,$(d)))

.PHONY: all
all: $(B)/galley $(B)/galley-jq $(B)/mo.stamp ## build the program into build/

include tests/tests.mk

# --- generated sources -------------------------------------------------------
GEN := $(B)/gen/fold_tables.inc $(B)/gen/prop_tables.inc $(B)/gen/embedded.inc
$(B)/gen/gen_%: src/gen/gen_%.c $(wildcard src/gen/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O1 -g $(WARN) -Iinclude -D_GNU_SOURCE -o $@ $< -lunistring
$(B)/gen/fold_tables.inc: $(B)/gen/gen_fold data/fold/hant-hans.txt
	$(Q)$(B)/gen/gen_fold data/fold/hant-hans.txt > $@.tmp && mv $@.tmp $@
$(B)/gen/prop_tables.inc: $(B)/gen/gen_props
	$(Q)$(B)/gen/gen_props > $@.tmp && mv $@.tmp $@
EMBED := $(sort $(wildcard data/schema/*.sql data/connectors/*.json data/connectors/*.jq data/themes/*.theme \
	data/scenarios/*.scenario data/situations/*.rules data/macros/*.macro \
	data/forms/*.form data/scripts/*.script data/demo/*.demo))
$(B)/gen/embedded.inc: $(B)/gen/gen_embed $(EMBED) Makefile
	$(Q)$(B)/gen/gen_embed $(EMBED) > $@.tmp && mv $@.tmp $@

$(B)/src/%.o: src/%.c | $(GEN)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

define lib_rule
$(call lib_of,$(1)): $(call obj_of,$(1))
	@mkdir -p $$(@D)
	$(Q)rm -f $$@; $(if $(IS_CLANG),ar,gcc-ar) rcs $$@ $$^
endef
$(foreach d,$(DIRS),$(eval $(call lib_rule,$(d))))

$(B)/galley: $(B)/src/main.o $(call libs_upto,cli)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/galley-jq: $(call obj_of,jqchild) $(call libs_upto,model)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(JQ_LIBS) $(LIBS)

# --- from the table of commands ----------------------------------------------
$(B)/gen_commands: $(B)/src/gen/gen_commands.o $(B)/src/app/command.o $(B)/src/app/keymap.o $(call libs_upto,ui)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
.PHONY: generated
generated: $(B)/gen_commands ## key files, galley-commands(7), matrix of roles
	$(Q)$(B)/gen_commands write .

# --- texts -------------------------------------------------------------------
LANGS := zh_CN zh_TW
$(B)/mo.stamp: $(foreach l,$(LANGS),$(wildcard data/po/$(l).po))
	$(Q)for l in $(LANGS); do [ -f data/po/$$l.po ] || continue; \
		mkdir -p $(B)/locale/$$l/LC_MESSAGES; \
		msgfmt -c -o $(B)/locale/$$l/LC_MESSAGES/galley.mo data/po/$$l.po || exit 1; done
	@mkdir -p $(@D); touch $@
.PHONY: pot
pot: ## collect texts and merge them into data/po
	$(Q)src/gen/texts data/po/galley.pot
	$(Q)for l in $(LANGS); do if [ -f data/po/$$l.po ]; then msgmerge -q -U --backup=off --no-fuzzy-matching data/po/$$l.po data/po/galley.pot; \
		else msginit --no-translator -l $$l -i data/po/galley.pot -o data/po/$$l.po; fi; done

# --- the demo centre ---------------------------------------------------------
.PHONY: demo
demo: deps ## install what is missing, build, open the workstation on the demo centre
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) all
	@$(B)/galley demo

# --- installing --------------------------------------------------------------
.PHONY: install uninstall deps clean man help dist
COMPLETIONS := bash:bash-completion/completions/galley zsh:zsh/site-functions/_galley fish:fish/vendor_completions.d/galley.fish
install: all ## install below prefix (default /usr/local)
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/galley $(DESTDIR)$(datadir)/galley/connectors
	install -m 755 $(B)/galley $(DESTDIR)$(bindir)/galley
	install -m 755 $(B)/galley-jq $(DESTDIR)$(libexecdir)/galley/galley-jq
	install -m 644 data/connectors/* $(DESTDIR)$(datadir)/galley/connectors/
	for d in scenarios situations macros forms scripts; do install -d $(DESTDIR)$(datadir)/galley/$$d; install -m 644 data/$$d/* $(DESTDIR)$(datadir)/galley/$$d/; done
	install -d $(DESTDIR)$(datadir)/galley/keys
	install -m 644 data/keys/*.keys $(DESTDIR)$(datadir)/galley/keys/
	@# what it prints is for all users: in English, without a user's settings
	for s in $(COMPLETIONS); do f=$(DESTDIR)$(datadir)/$${s#*:}; install -d $${f%/*}; \
		LC_ALL=C $(B)/galley --completion $${s%%:*} >$$f.new && chmod 644 $$f.new && mv $$f.new $$f || exit 1; done
	for s in 1 5 7; do for f in man/*.$$s; do [ -e $$f ] || continue; install -d $(DESTDIR)$(mandir)/man$$s; install -m 644 $$f $(DESTDIR)$(mandir)/man$$s/; done; done
	for l in $(LANGS); do [ -f $(B)/locale/$$l/LC_MESSAGES/galley.mo ] || continue; install -d $(DESTDIR)$(datadir)/locale/$$l/LC_MESSAGES; install -m 644 $(B)/locale/$$l/LC_MESSAGES/galley.mo $(DESTDIR)$(datadir)/locale/$$l/LC_MESSAGES/; done

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(bindir)/galley $(DESTDIR)$(libexecdir)/galley/galley-jq
	rm -rf $(DESTDIR)$(datadir)/galley
	for s in $(COMPLETIONS); do rm -f $(DESTDIR)$(datadir)/$${s#*:}; done
	for f in man/*.[157]; do rm -f $(DESTDIR)$(mandir)/man$${f##*.}/$${f##*/}; done
	for l in $(LANGS); do rm -f $(DESTDIR)$(datadir)/locale/$$l/LC_MESSAGES/galley.mo; done

DEPS_BUILD := gcc clang make pkg-config gettext libsqlite3-dev libcjson-dev libcurl4-openssl-dev \
	libjq-dev libonig-dev libunistring-dev libseccomp-dev libncurses-dev
DEPS_TEST := libcmocka-dev libvterm-dev libclang-rt-14-dev jq sqlite3 curl mandoc spin perl python3 strace openssl patch procps file \
	dbconfig-no-thanks msmtp-mta request-tracker5 rt5-standalone rt5-db-sqlite \
	mediawiki php8.2-cli php8.2-sqlite3 php8.2-mbstring php8.2-xml php8.2-intl php8.2-apcu \
	redmine redmine-sqlite
DEPS_BENCH := notmuch vim tig strace git
apt_install = missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || printf '%s ' $$p; done); \
	[ -z "$$missing" ] || { echo "installing: $$missing"; SUDO=; [ $$(id -u) = 0 ] || SUDO=sudo; \
	$$SUDO apt-get update -q && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; }
deps: ## install the packages needed to build (apt)
	@$(call apt_install,$(DEPS_BUILD))
.PHONY: deps-test deps-bench
deps-test: ## install the packages needed by make check (apt)
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_TEST))
deps-bench:
	@$(call apt_install,$(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH))

clean: ## remove build/
	rm -rf build

help: ## this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | LC_ALL=C sort | awk -F'\t' '{printf "  %-14s %s\n",$$1,$$2}'

-include $(shell [ -d $(B) ] && find $(B)/src $(B)/tests -type f -name '*.d' 2>/dev/null)
