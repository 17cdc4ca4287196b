# What is made from the table of commands is compared with what is checked in.
$(B)/unit/app/test_generated: | $(B)/gen_commands
