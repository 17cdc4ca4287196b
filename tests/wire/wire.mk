# Our net through the fault proxy. (What a write does to a raw socket is counted
# in tests/unit/net/test_wire.c.)

$(B)/wire: $(B)/tests/wire/wire.o $(call libs_upto,net)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

.PHONY: check-wire
check-wire: $(B)/wire $(B)/faultproxy
	$(Q)FAULTPROXY=$(B)/faultproxy tests/run-unit $(B)/wire
