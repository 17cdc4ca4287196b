# Fuzzing with libFuzzer. A target is tests/fuzz/fuzz_X.c, its floor below, and
# a few seeds in tests/fuzz/corpus/X/. `make fuzz` builds all of them with
# clang, runs each over its seeds and then FUZZ_S seconds. To run one alone:
#   make SAN=fuzz CC=clang build/fuzz/fuzz/fuzz_json && build/fuzz/fuzz/fuzz_json

FUZZ_S ?= 20
FUZZ_FLOOR_fuzz_gate := base
FUZZ_FLOOR_fuzz_json := base
FUZZ_FLOOR_fuzz_time := base
FUZZ_FLOOR_fuzz_fold := base
FUZZ_FLOOR_fuzz_keys := ui
FUZZ_FLOOR_fuzz_layout := ui
FUZZ_FLOOR_fuzz_theme := ui
FUZZ_FLOOR_fuzz_query := model
FUZZ_FLOOR_fuzz_search := store
FUZZ_FLOOR_fuzz_bent := store
FUZZ_FLOOR_fuzz_header := net
FUZZ_FLOOR_fuzz_keyfile := app
FUZZ_FLOOR_fuzz_manifest := connector
FUZZ_FLOOR_fuzz_scenario := scenario
FUZZ_FLOOR_fuzz_situation := scenario

FUZZ := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BIN := $(addprefix $(B)/fuzz/,$(FUZZ))

ifeq ($(SAN),fuzz)
# clang before 16 wants to be told that this is meant
CFLAGS += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
endif

define fuzz_rule
$(B)/fuzz/$(1): $(B)/tests/fuzz/$(1).o $$(call libs_upto,$$(FUZZ_FLOOR_$(1)))
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LD    $$@")
	$(Q)$$(if $$(FUZZ_FLOOR_$(1)),,$$(error name the floor of $(1) in tests/fuzz/fuzz.mk))$$(CC) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ $$(LIBS)
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz_rule,$(f))))

.PHONY: fuzz fuzz-run
ifeq ($(SAN),fuzz)
fuzz: fuzz-run
fuzz-run: $(FUZZ_BIN)
	@FUZZ_S=$(FUZZ_S) tests/fuzz/run-fuzz $(FUZZ_BIN)
else
# another build directory: the objects are instrumented
fuzz: ## every fuzz target: its seeds, then FUZZ_S seconds (20)
	@$(MAKE) --no-print-directory SAN=fuzz CC=clang B=$(B)/fuzz fuzz-run
endif
