/* SPDX-License-Identifier: MIT */
/*
 * What is to be sent at a time: seen in the outbox, taken back, written anew,
 * and given up when the customer writes first, also by who starts later.
 */
#include "hands_fix.h"

static void write_reply(struct fix *f, const char *s)
{
	start_as(f, 120, 40, "ticket");
	command(f, "open 13");
	press(f, "r");
	type(f, s);
}

/* The only open operation; its uid is kept. */
static enum op_state state_of(struct fix *f, enum op_reason *why)
{
	static char uid[UID_SIZE];
	enum op_state s = OPS_DONE;
	struct arena *a = arena_new();
	struct ops ops;
	struct op op;

	assert_int_equal(store_op_list(desk_ro(f->desk), 0, -1, 0, 9, &ops), 0);
	if (ops.n)
		memcpy(uid, ops.v[0].uid, UID_SIZE);
	ops_free(&ops);
	assert_int_equal(store_op_get(desk_ro(f->desk), uid, a, &op), 0);
	s = op.state;
	if (why)
		*why = op.reason;
	arena_free(a);
	return s;
}

static void it_stands_in_the_outbox_with_its_time(void **state)
{
	struct fix f = {0};

	(void)state;
	write_reply(&f, "good morning");
	command(&f, "send.later 09:00"); /* it is 04:00 */
	hears(&f, "It will be sent at Nov 21 09:00");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 1);
	sees(&f, "Li Na  ~ at "); /* the cache has a clock of its own */
	sees_not(&f, "if no reply comes");
	press(&f, "g o");
	sees(&f, "reply 13 at ");
	/* what can be done with it, and only that */
	sees(&f, "X discard");
	sees_not(&f, "keep ours");
	sees_not(&f, "if no reply");
	sees(&f, "takes it back, E changes it");
	sees(&f, "Text "); /* nobody else says anything */
	sees_not(&f, "ours");
	sees(&f, "[u]");
	/* nobody watches a countdown of hours */
	f.mono += 5000;
	command(&f, "redraw");
	sees_not(&f, "[u]");
	stop(&f);
}

static void it_is_taken_back_and_written_anew(void **state)
{
	struct fix f = {0};

	(void)state;
	write_reply(&f, "good morning");
	command(&f, "send.later 2d");
	command(&f, "open 12");
	press(&f, "g o E");
	turn(&f);
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	sees(&f, "good morning"); /* its case is in focus, with its text */
	type(&f, "!"); /* and one writes, at its end */
	sees(&f, "good morning!");
	/* what is being written already stays before it */
	command(&f, "send.later 3h");
	press(&f, "r");
	type(&f, "another");
	press(&f, "<Esc>");
	command(&f, "outbox");
	command(&f, "outbox.discard");
	press(&f, "<Right> <Enter>"); /* it is asked about */
	command(&f, "pane.go composer");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	sees(&f, "another");
	sees(&f, "good morning");
	stop(&f);
}

static void a_time_that_is_none_is_said(void **state)
{
	struct fix f = {0};

	(void)state;
	write_reply(&f, "x");
	command(&f, "send.later soon");
	hears(&f, "\"soon\" is no time");
	command(&f, "send.if-no-reply 2020-01-01");
	hears(&f, "has gone by already");
	assert_int_equal(count_ops(&f, OP_TICKET_REPLY), 0);
	sees(&f, "x");
	/* a note is not seen: it would not wait for anybody */
	command(&f, "write.kind");
	command(&f, "send.if-no-reply 2h");
	hears(&f, "only a reply can wait");
	assert_int_equal(count_ops(&f, OP_TICKET_NOTE), 0);
	stop(&f);
}

static void it_gives_way_to_the_customer(void **state)
{
	enum op_reason why;
	struct fix f = {0};

	(void)state;
	write_reply(&f, "did it help?");
	command(&f, "send.if-no-reply 2d");
	hears(&f, "unless the customer writes");
	sees(&f, ", if no reply comes"); /* in the thread */
	press(&f, "g o");
	sees(&f, "if no reply comes");
	assert_int_equal(state_of(&f, NULL), OPS_QUEUED);
	stop(&f);
	/* nobody is there when the customer writes */
	hold_it(OPR_STALE, NULL);
	start_as(&f, 120, 40, "ticket");
	turn(&f);
	assert_int_equal(state_of(&f, &why), OPS_CANCELLED);
	hears(&f, "Not sent, because the customer has written");
	command(&f, "open 13");
	sees(&f, "did it help?");
	stop(&f);
}

/* One that is only to be sent later is the person's to decide about. */
static void a_later_one_asks(void **state)
{
	enum op_reason why;
	struct fix f = {0};

	(void)state;
	write_reply(&f, "good morning");
	command(&f, "send.later 2d");
	assert_int_equal(state_of(&f, NULL), OPS_QUEUED);
	stop(&f);
	hold_it(OPR_STALE, NULL);
	start_as(&f, 120, 40, "ticket");
	turn(&f);
	assert_int_equal(state_of(&f, &why), OPS_HELD);
	assert_int_equal(why, OPR_STALE);
	command(&f, "open 13");
	sees(&f, "~ asks for a decision"); /* no time any more */
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_stands_in_the_outbox_with_its_time),
		T(it_is_taken_back_and_written_anew),
		T(a_time_that_is_none_is_said),
		T(it_gives_way_to_the_customer),
		T(a_later_one_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
