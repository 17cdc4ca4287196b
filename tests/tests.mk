# Tests. Unit tests are tests/unit/<floor>/test_<module>.c, each a cmocka
# program that links its floor and those below.

UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

$(B)/tests/%.o: tests/%.c | $(GEN)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -c -o $@ $<

TESTLIB := $(patsubst tests/lib/%.c,$(B)/tests/lib/%.o,$(sort $(wildcard tests/lib/*.c)))

define unit_rule
$(B)/unit/$(1)/%: $(B)/tests/unit/$(1)/%.o $(TESTLIB) $(call libs_upto,$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS) -lcmocka
endef
$(foreach d,$(DIRS),$(eval $(call unit_rule,$(d))))
.SECONDARY:

.PHONY: unit
unit: $(UNIT_BIN) ## unit tests only
	@tests/run-unit $(UNIT_BIN)

# Programs with two threads, for the thread sanitizer.
THREAD_TESTS := $(filter %/base/test_ring %/base/test_task %/sync/test_worker %/app/test_finder,$(UNIT_BIN))
.PHONY: unit-threads check check-quick lint asan tsan crash
unit-threads: $(THREAD_TESTS)
	@tests/run-unit $(THREAD_TESTS)

check: deps-test ## install what is missing, build, run every test
	@B=$(B) tests/check
check-quick: ## gcc only, no sanitizers: for the middle of work
	@B=$(B) tests/check quick
lint: ## floors, banned calls, texts, man pages
	@tests/lint/lint
asan: ## unit tests with address and undefined-behaviour sanitizers
	@$(MAKE) SAN=asan unit
tsan: ## the worker and the rings with the thread sanitizer
	@$(MAKE) SAN=tsan unit-threads

# Crash tests: programs that end at every durable step and look at what is left.
CRASH_BIN := $(patsubst tests/crash/%.c,$(B)/crash/%,$(sort $(wildcard tests/crash/crash_*.c)))
$(B)/crash/%: $(B)/tests/crash/%.o $(TESTLIB) $(call libs_upto,sync)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
crash: $(CRASH_BIN) ## end at every durable step, look at what is left
	@tests/run-unit $(CRASH_BIN)

-include $(filter-out tests/tests.mk,$(wildcard tests/*/*.mk))
