# The terminal's bytes are read back by an emulator.
$(B)/unit/ui/test_term: LIBS += -lvterm
