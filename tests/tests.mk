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
