# The tests of floor connector start the mapping process.
$(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/connector/test_*.c)): | $(B)/galley-jq
