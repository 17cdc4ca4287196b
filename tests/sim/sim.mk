# The simulator: the real engine and store on a simulated disk, network and
# world. `sim` runs the seeds that ever failed and then SIM_SEEDS others;
# `sim-mutants` takes one rule away at a time and expects to be caught; `spin`
# checks the model of the outbox.
#
#   SIM_SEEDS=N   how many seeds (default 300)
#   SIM_FROM=N    the first one (default 1)

SIM_SEEDS ?= 300
SIM_FROM ?= 1
SIM_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/sim/*.c)))

$(B)/sim: $(SIM_OBJ) $(call libs_upto,sync)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: sim sim-mutants spin
sim: $(B)/sim ## simulate: seeds that ever failed, then SIM_SEEDS others
	@$(B)/sim --file tests/seeds --jobs $$(nproc) \
		--seeds $(SIM_FROM)-$$(($(SIM_FROM) + $(SIM_SEEDS) - 1))
sim-mutants: $(B)/sim ## take a rule away, expect the simulator to see it
	@B=$(B) CC="$(CC)" tests/sim/run-mutants.sh
spin: ## check the model of the outbox
	@tests/spin/run.sh

# The engine's own stories play on the simulated servers.
$(B)/unit/sync/test_engine: $(B)/tests/unit/sync/test_engine.o \
		$(filter-out $(B)/tests/sim/sim.o,$(SIM_OBJ)) \
		$(TESTLIB) $(call libs_upto,sync)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
