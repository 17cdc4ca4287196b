/* SPDX-License-Identifier: MIT */
/*
 * The tables that fields.def becomes, and what a record may not be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "galley/base/mem.h"
#include "galley/model/entity.h"

static void fields_belong_to_their_entity(void **state)
{
	int e, i;

	(void)state;
	for (e = 0; e < ENT_COUNT; e++) {
		const struct entity_desc *d = entity_desc((enum entity)e);

		assert_ptr_equal(entity_by_name(d->name), d);
		assert_in_range(d->n_fields, 1, ENTITY_MAX_FIELDS);
		for (i = 0; i < d->n_fields; i++) {
			const struct field_desc *f = &d->fields[i];

			assert_int_equal(f->entity, e);
			assert_int_equal(field_index(f->id), i);
			assert_ptr_equal(field_by_name(d->id, f->name), f);
		}
	}
	assert_null(entity_by_name("tickets"));
	assert_null(field_by_name(ENT_TICKET, "text"));
}

static void references_name_an_entity(void **state)
{
	(void)state;
	assert_int_equal(
		field_ref(field_desc(FID_TICKET_QUEUE)->type), ENT_QUEUE);
	assert_int_equal(
		field_ref(field_desc(FID_FILE_MESSAGE)->type), ENT_MESSAGE);
	assert_int_equal(
		field_ref(field_desc(FID_TICKET_SUBJECT)->type), ENT_COUNT);
}

/* Each row: an id and whether it may be one. */
static void ids_are_short_printable_text(void **state)
{
	static const struct {
		const char *rid;
		int ok;
	} rows[] = {
		{ "1", 1 },
		{ "cust1@example.com", 1 },
		{ "KB-001 退款流程", 1 },
		{ "", 0 },
		{ " 1", 0 },
		{ "1 ", 0 },
		{ "a\nb", 0 },
		{ "a\x1b[2J", 0 },
		{ "\xff\xfe", 0 },
	};
	char big[300];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct recs *r = recs_new();
		struct rec *rec =
			recs_add(r, REC_ROW, ENT_TICKET, rows[i].rid);

		assert_int_equal(
			rec_validate(rec), rows[i].ok ? 0 : E_PROTO);
		recs_free(r);
	}
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	{
		struct recs *r = recs_new();

		assert_int_equal(
			rec_validate(recs_add(r, REC_GONE, ENT_TICKET, big)),
			E_PROTO);
		recs_free(r);
	}
}

static void a_wrong_value_names_its_field(void **state)
{
	struct recs *r = recs_new();
	struct rec *rec = recs_add(r, REC_ROW, ENT_TICKET, "7");

	(void)state;
	rec->v[field_index(FID_TICKET_DUE)] =
		(struct val){ .kind = VAL_TEXT, .s = "soon", .len = 4 };
	assert_int_equal(rec_validate(rec), E_PROTO);
	assert_non_null(strstr(err_msg(), "`due`"));

	rec = recs_add(r, REC_ROW, ENT_TICKET, "8");
	rec_set_text(r, rec, FID_TICKET_TAGS, "[\"a\",1]");
	assert_int_equal(rec_validate(rec), E_PROTO);
	assert_non_null(strstr(err_msg(), "`tags`"));

	rec = recs_add(r, REC_ROW, ENT_TICKET, "9");
	rec_set_text(r, rec, FID_TICKET_TAGS, "[\"a\",\"b\"]");
	rec_set_text(r, rec, FID_TICKET_OWNER, "agent01");
	rec_set_int(rec, FID_TICKET_DUE, 1);
	rec_set_null(rec, FID_TICKET_QUEUE);
	assert_int_equal(rec_validate(rec), 0);
	assert_int_equal(r->n, 3);
	recs_free(r);
}

static void an_identity_needs_no_id(void **state)
{
	struct recs *r = recs_new();

	(void)state;
	assert_int_equal(
		rec_validate(recs_add(r, REC_ROW, ENT_IDENTITY, NULL)), 0);
	assert_int_equal(
		rec_validate(recs_add(r, REC_ROW, ENT_CUSTOMER, NULL)),
		E_PROTO);
	recs_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_belong_to_their_entity),
		cmocka_unit_test(references_name_an_entity),
		cmocka_unit_test(ids_are_short_printable_text),
		cmocka_unit_test(a_wrong_value_names_its_field),
		cmocka_unit_test(an_identity_needs_no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
