# The fault-injecting proxy: $(B)/faultproxy, and its own test.

$(B)/faultproxy: $(B)/tests/faultproxy/faultproxy.o $(call libs_upto,base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: check-faultproxy
check-faultproxy: $(B)/faultproxy
	$(Q)tests/faultproxy/check.sh $(B)/faultproxy
