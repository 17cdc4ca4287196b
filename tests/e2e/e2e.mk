# The real program on a pty, its screen kept by libvterm.
E2E_BIN := $(patsubst tests/e2e/%.c,$(B)/e2e/%,$(sort $(wildcard tests/e2e/test_*.c)))
$(B)/e2e/%: $(B)/tests/e2e/%.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lvterm -lutil -lcmocka
.PHONY: e2e
e2e: all $(E2E_BIN) ## the workstation at a keyboard, on the demo centre
	@GALLEY_PROGRAM=$(abspath $(B))/galley tests/run-unit $(E2E_BIN)
