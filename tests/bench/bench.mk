# `make bench`: ratios against named peers, measured in the same run. What is
# measured and how: tests/bench/README.md.

BENCH_X := $(B)/bench
BENCH_OBJ := $(patsubst %,$(B)/tests/bench/%.o,bench gen records terms)
BENCH_LIB := $(BENCH_X)/libbench.a

$(BENCH_LIB): $(BENCH_OBJ)
	@mkdir -p $(@D)
	$(Q)rm -f $@; ar rcs $@ $^

$(BENCH_X)/%: $(B)/tests/bench/%.o $(BENCH_LIB) $(call libs_upto,sync)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The workstation on a pseudo terminal: none of it is linked.
$(BENCH_X)/ui: $(B)/tests/bench/ui.o $(B)/tests/bench/ui_pty.o $(BENCH_LIB) $(call libs_upto,base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lvterm -lutil

# What each figure runs.
BENCH_landing := $(addprefix $(BENCH_X)/,pagesrv bare fill landing)
BENCH_index := $(addprefix $(BENCH_X)/,index fill exact)
BENCH_search := $(addprefix $(BENCH_X)/,fill ask mails race)
BENCH_lists := $(addprefix $(BENCH_X)/,fill lists)
BENCH_mapping := $(BENCH_X)/mapping
BENCH_sim := $(B)/sim
BENCH_ui := $(addprefix $(BENCH_X)/,fill pagesrv ui)
BENCH_FIGURES := landing index search lists mapping ui sim

.PHONY: bench $(addprefix bench-,$(BENCH_FIGURES))
bench: all $(sort $(foreach f,$(BENCH_FIGURES),$(BENCH_$(f)))) ## ratios against named peers
	@tests/bench/run $(B) $(BENCH_FIGURES)

# One figure: bench-landing, bench-index, bench-search ...
define bench_rule
bench-$(1): all $(BENCH_$(1))
	@tests/bench/run $$(B) $(1)
endef
$(foreach f,$(BENCH_FIGURES),$(eval $(call bench_rule,$(f))))
