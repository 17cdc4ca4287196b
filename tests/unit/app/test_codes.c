/* SPDX-License-Identifier: MIT */
/*
 * What codes are called: those that galley knows, and any other one.
 */
#include "galley/app/codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void codes_become_words(void **state)
{
	static const char *const v[][2] = {
		{"enquiry", "Enquiry"},
		{"complaint:delay", "Complaint: delay"},
		{"complaint:crisis", "Complaint: public crisis"},
		{"REPAIR/BOOK", "Repair: appointment made"},
		{"Repair/Book", "Repair: appointment made"},
		{"NO_ANSWER", "No answer"},
		{"no_answer", "No answer"},
		/* nobody's but the desk's */
		{"vip:gold_card", "Vip: gold card"},
		{"BILLING/DISPUTE", "Billing: dispute"},
		{"SolvedByPhone", "SolvedByPhone"},
		{"call back on Friday", "call back on Friday"},
		{"投诉/延误", "投诉: 延误"},
		{"/", ":"},
		{"a:", "A:"},
		{"", ""},
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_string_equal(codes_words(v[i][0], a), v[i][1]);
	assert_null(codes_words(NULL, a));
	arena_free(a);
}

/* A model or an order number is no code. */
static void only_fields_of_codes_are_changed(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(codes_value("Class", "complaint:result", a),
		"Complaint: result");
	assert_string_equal(codes_value("Model", "KF/25_GW", a), "KF/25_GW");
	assert_string_equal(codes_field("Class"), "Class");
	assert_string_equal(codes_field("their own"), "their own");
	arena_free(a);
}

static void a_status_stays_as_the_desk_writes_it(void **state)
{
	(void)state;
	assert_string_equal(codes_status("open"), "open");
	assert_string_equal(
		codes_status("Waiting_For_Boss"), "Waiting_For_Boss");
	assert_null(codes_status(NULL));
	assert_string_equal(codes_promise("kept"), "kept");
	assert_string_equal(codes_link("of our own"), "of our own");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_become_words),
		cmocka_unit_test(only_fields_of_codes_are_changed),
		cmocka_unit_test(a_status_stays_as_the_desk_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
