# The story, played by the real program against real backends.

.PHONY: story story-full
story: all $(B)/faultproxy $(B)/pty ## the story against real backends (7 minutes)
	@B=$(B) tests/story/story quick
story-full: all $(B)/faultproxy $(B)/pty ## the same with 10,000 tickets and every step
	@B=$(B) tests/story/story full

# Plays a person at a terminal.
$(B)/pty: $(B)/tests/story/pty.o $(call libs_upto,base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lutil
