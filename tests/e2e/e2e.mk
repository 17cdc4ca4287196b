# The real program on a pty, its screen kept by libvterm.
E2E_BIN := $(patsubst tests/e2e/%.c,$(B)/e2e/%,$(sort $(wildcard tests/e2e/test_*.c)))
$(B)/e2e/%: $(B)/tests/e2e/%.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lvterm -lutil -lcmocka
.PHONY: e2e
e2e: all $(B)/faultproxy $(E2E_BIN) ## the workstation at a keyboard, on the demo centre and a real RT
	@GALLEY_PROGRAM=$(abspath $(B))/galley GALLEY_BUILD=$(abspath $(B)) \
		GALLEY_ROOT=$(CURDIR) GALLEY_TEST_CACHE=$${GALLEY_TEST_CACHE:-$(abspath $(B))/cache} \
		tests/run-unit $(E2E_BIN)
