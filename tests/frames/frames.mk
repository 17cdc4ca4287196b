# Every bench as a person has looked at it: texts of whole screens.
$(B)/frames: $(B)/tests/frames/frames.o $(call libs_upto,bench) $(B)/mo.stamp
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter-out %.stamp,$^) $(LIBS) -lcmocka
.PHONY: frames frames-update
frames: $(B)/frames ## whole screens against tests/frames/golden
	@tests/run-unit $(B)/frames
frames-update: $(B)/frames ## write them anew and show what is different
	@mkdir -p tests/frames/golden
	@$(B)/frames --update tests/frames/golden >/dev/null 2>&1 || true
	@git --no-pager diff --stat -p -- tests/frames/golden
