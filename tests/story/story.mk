# The story, played by the real program against real backends.

.PHONY: story story-full
story: all $(B)/faultproxy ## the story against real backends (4 minutes)
	@B=$(B) tests/story/story quick
story-full: all $(B)/faultproxy ## the same with 10,000 tickets and every step
	@B=$(B) tests/story/story full
