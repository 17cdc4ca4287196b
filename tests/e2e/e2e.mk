# The real program on a pty, its screen kept by libvterm.
$(B)/e2e/test_e2e: $(B)/tests/e2e/test_e2e.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lvterm -lutil -lcmocka
.PHONY: e2e
e2e: all $(B)/e2e/test_e2e ## the workstation at a keyboard, on the demo centre
	@GALLEY_PROGRAM=$(abspath $(B))/galley tests/run-unit $(B)/e2e/test_e2e
