/* SPDX-License-Identifier: MIT */
/*
 * Lists by query. The oracle is a plain evaluation of the tree over every row;
 * the store must give the same rows in the same order, page by page, whichever
 * way it walks.
 */
#include "store_fix.h"

#include "galley/base/fold.h"

#define N_TICKETS 160

struct world {
	struct fix *f;
	struct rows t;		  /* all tickets */
	struct rows m[N_TICKETS]; /* their threads */
	struct store_me me[2];
};

static const char *const subjects[] = {"Refund please", "退款 无法到账",
	"Login broken", "發票 重寄", "Ünïcode Café", "order 138-0013-8000",
	"where is my refund"};
static const char *const statuses[] = {
	"new", "open", "open", "stalled", "resolved"};
static const char *const bodies[] = {"please send the invoice",
	"退款什么时候到账？谢谢", "call me at +86 139 1234 5678",
	"my mail is wang@example.com", "refund, refund!", "nothing"};

static const char *const phase_of[][2] = {{"new", "new"}, {"open", "open"},
	{"stalled", "waiting"}, {"resolved", "closed"}};

static void add_ticket(struct recs *r, struct rnd *rnd, int i)
{
	const char *status = statuses[rnd_below(rnd, ARRAY_SIZE(statuses))];
	char rid[16], s[32];
	struct rec *t;
	size_t k;

	snprintf(rid, sizeof(rid), "%d", i + 1);
	t = ticket(r, rid, "1", subjects[rnd_below(rnd, ARRAY_SIZE(subjects))],
		status, NULL, T0 - (int64_t)rnd_below(rnd, 40) * 3600000);
	for (k = 0; k < ARRAY_SIZE(phase_of); k++)
		if (strcmp(phase_of[k][0], status) == 0)
			rec_set_text(r, t, FID_TICKET_PHASE, phase_of[k][1]);
	snprintf(s, sizeof(s), "T-%d", 1000 + i);
	rec_set_text(r, t, FID_TICKET_NUMBER, s);
	if (rnd_chance(rnd, 9, 10)) {
		snprintf(s, sizeof(s), "%d", 1 + (int)rnd_below(rnd, 3));
		rec_set_text(r, t, FID_TICKET_QUEUE, s);
	}
	if (rnd_chance(rnd, 1, 2)) {
		snprintf(s, sizeof(s), "u%d", 1 + (int)rnd_below(rnd, 3));
		rec_set_text(r, t, FID_TICKET_OWNER, s);
	}
	if (rnd_chance(rnd, 1, 2))
		rec_set_int(t, FID_TICKET_PRIORITY, (int)rnd_below(rnd, 100));
	if (rnd_chance(rnd, 1, 3))
		rec_set_text(r, t, FID_TICKET_TAGS, "[\"angry\",\"vip\"]");
	if (rnd_chance(rnd, 1, 3))
		rec_set_text(r, t, FID_TICKET_CF,
			"{\"Severity\":\"high\",\"Area\":[\"a\",\"b\"],"
			"\"Size\":\"12\",\"Count\":5}");
	if (rnd_chance(rnd, 1, 3))
		rec_set_int(t, FID_TICKET_DUE,
			T0 + ((int)rnd_below(rnd, 9) - 4) * 3600000);
	if (rnd_chance(rnd, 1, 4))
		rec_set_text(r, t, FID_TICKET_CUSTOMER, "c1");
	if (rnd_chance(rnd, 1, 20))
		rec_set_null(t, FID_TICKET_UPDATED);
}

static void add_customer(struct recs *r)
{
	struct rec *rec = named(r, FID_CUSTOMER_NAME, "c1", "王 Wang");

	(void)rec;
	rec = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);
	rec_set_text(r, rec, FID_IDENTITY_CUSTOMER, "c1");
	rec_set_text(r, rec, FID_IDENTITY_TYPE, "phone");
	rec_set_text(r, rec, FID_IDENTITY_VALUE, "+8613900001111");
	rec = recs_add(r, REC_ROW, ENT_IDENTITY, NULL);
	rec_set_text(r, rec, FID_IDENTITY_CUSTOMER, "c1");
	rec_set_text(r, rec, FID_IDENTITY_TYPE, "email");
	rec_set_text(r, rec, FID_IDENTITY_VALUE, "c1@example.org");
}

static int world_setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct recs *r = recs_new();
	struct query *q;
	struct fix *f;
	struct rnd rnd;
	int i, k, n = 0;

	fix_setup(state);
	w->f = f = *state;
	rnd_seed(&rnd, 7);
	named(r, FID_QUEUE_NAME, "1", "billing");
	named(r, FID_QUEUE_NAME, "2", "tech");
	named(r, FID_QUEUE_NAME, "3", "sales");
	named(r, FID_AGENT_LOGIN, "u1", "me");
	named(r, FID_AGENT_LOGIN, "u2", "bob");
	named(r, FID_AGENT_NAME, "u3", "Carol");
	add_customer(r);
	for (i = 0; i < N_TICKETS; i++) {
		char rid[16], m[16];

		add_ticket(r, &rnd, i);
		snprintf(rid, sizeof(rid), "%d", i + 1);
		for (k = (int)rnd_below(&rnd, 4); k > 0; k--) {
			snprintf(m, sizeof(m), "m%d", n++);
			message(r, m, rid, "reply", "u1", T0,
				bodies[rnd_below(&rnd, ARRAY_SIZE(bodies))]);
		}
	}
	assert_int_equal(land(f, r).bad, 0);
	index_all(f);
	ok(query_parse("sort:number", ENT_TICKET, T0, 0, &q));
	ok(store_query(f->ro, q, NULL, 0, NULL, &w->t));
	query_free(q);
	assert_int_equal(w->t.n, N_TICKETS);
	for (i = 0; i < N_TICKETS; i++)
		ok(store_thread(f->ro, ENT_TICKET, w->t.v[i].id, 0, &w->m[i]));
	w->me[0] = (struct store_me){f->conn, "u1"};
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;
	void *f = w->f;
	int i;

	for (i = 0; i < N_TICKETS; i++)
		rows_free(&w->m[i]);
	rows_free(&w->t);
	free(w);
	return fix_teardown(&f);
}

/* --- the oracle ----------------------------------------------------------- */

static int has_word(const char *s, const struct query_node *n)
{
	const char *word = n->text + (n->text[0] == '#');

	return s && fold_contains(s, strlen(s), word, strlen(word), n->prefix);
}

static int is_open(const struct row *t)
{
	const char *p = row_get(t, FID_TICKET_PHASE)->s;

	return p && strcmp(p, "closed") != 0;
}

static int holds_field(const struct row *t, const struct query_node *n)
{
	const struct val *v = row_get(t, n->field->id);
	int i;

	if (n->op == QOP_RANGE)
		return v->kind == VAL_INT && v->i >= n->lo && v->i <= n->hi;
	for (i = 0; i < n->n_values; i++) {
		const char *want = n->values[i];

		if (strcmp(want, "none") == 0) {
			if (v->kind == VAL_NULL)
				return 1;
		} else if (v->kind == VAL_NULL) {
			continue;
		} else if (n->field->id == FID_TICKET_TAGS) {
			if (strstr(v->s, want))
				return 1;
		} else if (n->field->id == FID_TICKET_SUBJECT) {
			if (fold_contains(v->s, v->len, want, strlen(want), 0))
				return 1;
		} else if (strcasecmp(v->s, want) == 0) {
			return 1;
		}
	}
	return 0;
}

static int holds_is(const struct row *t, const char *word)
{
	const struct val *due = row_get(t, FID_TICKET_DUE);
	const struct val *owner = row_get(t, FID_TICKET_OWNER);

	if (strcmp(word, "open") == 0)
		return is_open(t);
	if (strcmp(word, "closed") == 0)
		return !is_open(t);
	if (strcmp(word, "overdue") == 0)
		return is_open(t) && due->kind == VAL_INT && due->i < T0;
	if (strcmp(word, "mine") == 0)
		return owner->kind == VAL_INT && strcmp(owner->s, "me") == 0;
	return t->pending > 0;
}

static int holds_cf(const struct row *t, const struct query_node *n)
{
	const struct val *cf = row_get(t, FID_TICKET_CF);

	/* all custom fields of the world are the same */
	if (cf->kind == VAL_NULL)
		return 0;
	if (n->op == QOP_GT)
		return strcasecmp(n->cf, "Size") == 0 && 12 > n->lo;
	if (strcasecmp(n->cf, "Count") == 0)
		return strcmp(n->values[0], "5") == 0;
	return (strcasecmp(n->cf, "Severity") == 0 &&
		       strcasecmp(n->values[0], "high") == 0) ||
	       (strcasecmp(n->cf, "Area") == 0 &&
		       strcmp(n->values[0], "b") == 0);
}

static int holds_text(struct world *w, int i, const struct query_node *n)
{
	const struct row *t = &w->t.v[i];
	const char *word = n->text + (n->text[0] == '#');
	int k, hit;

	hit = has_word(row_get(t, FID_TICKET_SUBJECT)->s, n);
	for (k = 0; k < w->m[i].n; k++)
		hit |= has_word(row_get(&w->m[i].v[k], FID_MESSAGE_TEXT)->s, n);
	if (n->type == Q_SHAPED && n->shape == SHAPE_ID)
		hit |= strcmp(row_get(t, FID_TICKET_NUMBER)->s, word) == 0 ||
		       strcmp(t->rid, word) == 0;
	return hit;
}

static int holds(struct world *w, int i, const struct query_node *n)
{
	switch (n->type) {
	case Q_ALL:
		return 1;
	case Q_AND:
		return holds(w, i, n->a) && holds(w, i, n->b);
	case Q_OR:
		return holds(w, i, n->a) || holds(w, i, n->b);
	case Q_NOT:
		return !holds(w, i, n->a);
	case Q_FIELD:
		return holds_field(&w->t.v[i], n);
	case Q_CF:
		return holds_cf(&w->t.v[i], n);
	case Q_IS:
		return holds_is(&w->t.v[i], n->text);
	case Q_TEXT:
	case Q_SHAPED:
		return holds_text(w, i, n);
	}
	return 0;
}

struct want {
	const struct row *row;
	const struct field_desc *sort;
	int desc;
};

static int want_compare(const void *a, const void *b)
{
	const struct want *x = a, *y = b;
	enum field_id f = x->sort ? x->sort->id : FID_TICKET_UPDATED;
	const struct val *u = row_get(x->row, f), *v = row_get(y->row, f);
	int c = 0, desc = x->sort ? x->desc : 1;

	if ((u->kind == VAL_NULL) != (v->kind == VAL_NULL))
		return u->kind == VAL_NULL ? 1 : -1;
	if (u->kind == VAL_INT)
		c = u->i < v->i ? -1 : u->i > v->i;
	else if (u->kind == VAL_TEXT)
		c = strcmp(u->s, v->s);
	if (c == 0)
		c = x->row->id < y->row->id ? -1 : x->row->id > y->row->id;
	return desc ? -c : c;
}

static void check(struct world *w, const char *text, int limit)
{
	struct want want[N_TICKETS];
	struct query *q;
	struct rows page = {0};
	const char *after = NULL;
	char next[256];
	int64_t count;
	int i, n = 0, at = 0, pages = 0;

	ok(query_parse(text, ENT_TICKET, T0, 0, &q));
	for (i = 0; i < N_TICKETS; i++)
		if (holds(w, i, q->root))
			want[n++] = (struct want){
				&w->t.v[i], q->sort, q->sort_desc};
	qsort(want, (size_t)n, sizeof(*want), want_compare);
	do {
		ok(store_query(w->f->ro, q, w->me, limit, after, &page));
		for (i = 0; i < page.n; i++, at++) {
			if (at >= n || page.v[i].id != want[at].row->id)
				print_error("\"%s\" differs at %d of %d\n",
					text, at, n);
			assert_true(at < n);
			assert_int_equal(page.v[i].id, want[at].row->id);
		}
		assert_int_equal(page.more, at < n);
		if (page.next)
			snprintf(next, sizeof(next), "%s", page.next);
		after = page.next ? next : NULL;
		rows_free(&page);
	} while (after && pages++ < 200);
	if (at != n)
		print_error("\"%s\": %d of %d\n", text, at, n);
	assert_int_equal(at, n);
	ok(store_query_count(w->f->ro, q, w->me, 1000, &count));
	assert_int_equal(count, n);
	/* one more than the cap says that there are more */
	for (i = n ? n - 1 : 0; i <= n + 1; i++) {
		ok(store_query_count(w->f->ro, q, w->me, i, &count));
		assert_int_equal(count, n > i ? i + 1 : n);
	}
	query_free(q);
}

static const char *const queries[] = {
	"",
	"status:open",
	"status:OPEN",
	"status:open,stalled",
	"status:open,OPEN,open",
	"owner:me,me",
	"owner:none is:open",
	"phase:open,done,open",
	"queue:billing",
	"queue:Billing status:open",
	"queue:billing,tech status:open,new",
	"queue:none",
	"queue:nosuch",
	"owner:none",
	"owner:me",
	"owner:me is:open",
	"owner:bob,none phase:open",
	"owner:Carol is:open queue:tech",
	"is:open",
	"is:closed",
	"is:mine is:overdue",
	"is:overdue",
	"phase:waiting",
	"-is:open",
	"-owner:me",
	"-queue:billing is:open",
	"priority:>=50",
	"priority:10..40",
	"priority:none",
	"-priority:>=50",
	"updated:<1d",
	"updated:<8h is:open",
	"tags:vip",
	"tags:none",
	"cf.Severity:high",
	"cf.severity:HIGH status:open",
	"cf.Area:b",
	"cf.Size:>9",
	"cf.Size:>20",
	"cf.Count:5",
	"cf.Count:6",
	"number:t-1010",
	"cf.Nothing:x",
	"-cf.Severity:high",
	"subject:refund",
	"sort:priority",
	"sort:-priority",
	"sort:updated",
	"sort:-updated queue:tech",
	"sort:due is:overdue is:open",
	"sort:-due is:open",
	"is:overdue is:open",
	"sort:number status:new",
	"sort:status is:open",
	"status:open OR queue:sales",
	"(status:open OR owner:me) priority:>20",
	"-(status:open queue:billing)",
	"refund",
	"REFUND",
	"refun",
	"refun*",
	"退款",
	"退",
	"到账",
	"发票",
	"發票",
	"cafe",
	"\"send the invoice\"",
	"\"the send invoice\"",
	"refund -invoice",
	"-refund",
	"refund 退款",
	"refund OR 退款",
	"refund status:open owner:me",
	"refund OR status:new",
	"invoice sort:priority",
	"T-1010",
	"#17",
	"nosuchword",
	"nothing is:open",
};

static void lists_are_what_the_tree_says(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(queries); i++)
		check(*state, queries[i], 7);
}

static void page_size_does_not_matter(void **state)
{
	static const int sizes[] = {1, 3, 50, 1000};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(queries); i += 5)
		for (k = 0; k < ARRAY_SIZE(sizes); k++)
			check(*state, queries[i], sizes[k]);
}

static int found(struct world *w, enum entity e, const char *text)
{
	struct query *q;
	struct rows rows;
	int n;

	ok(query_parse(text, e, T0, 0, &q));
	ok(store_query(w->f->ro, q, w->me, 0, NULL, &rows));
	n = rows.n;
	rows_free(&rows);
	query_free(q);
	return n;
}

static int of_customer(struct world *w)
{
	int i, n = 0;

	for (i = 0; i < N_TICKETS; i++)
		n += row_get(&w->t.v[i], FID_TICKET_CUSTOMER)->kind == VAL_INT;
	return n;
}

static int with_body(struct world *w, const char *part)
{
	int i, k, n = 0;

	for (i = 0; i < N_TICKETS; i++)
		for (k = 0; k < w->m[i].n; k++)
			if (strstr(row_get(&w->m[i].v[k], FID_MESSAGE_TEXT)->s,
				    part)) {
				n++;
				break;
			}
	return n;
}

static void shaped_words_look_where_they_belong(void **state)
{
	struct world *w = *state;
	int mine = of_customer(w);

	assert_true(mine > 10);
	assert_int_equal(found(w, ENT_TICKET, "c1@example.org"), mine);
	assert_int_equal(found(w, ENT_TICKET, "+8613900001111"), mine);
	assert_int_equal(found(w, ENT_TICKET, "13900001111"), mine);
	assert_int_equal(found(w, ENT_TICKET, "139-0000-1111"), mine);
	assert_int_equal(found(w, ENT_TICKET, "900001111"), mine);
	assert_int_equal(found(w, ENT_TICKET, "13900001112"), 0);
	assert_int_equal(found(w, ENT_TICKET, "customer:c1"), mine);
	assert_int_equal(found(w, ENT_TICKET, "customer:wang"), mine);
	assert_int_equal(found(w, ENT_CUSTOMER, "c1@example.org"), 1);
	assert_int_equal(found(w, ENT_CUSTOMER, "王"), 1);
	/* in the text, however it is grouped there */
	assert_int_equal(found(w, ENT_TICKET, "13912345678"),
		with_body(w, "+86 139 1234 5678"));
	assert_int_equal(found(w, ENT_TICKET, "8613912345678"),
		with_body(w, "+86 139 1234 5678"));
	assert_int_equal(found(w, ENT_TICKET, "wang@example.com"),
		with_body(w, "wang@example.com"));
	assert_int_equal(found(w, ENT_TICKET, "rt:17"), 1);
	assert_int_equal(found(w, ENT_TICKET, "zammad:17"), 0);
}

static void messages_are_asked_about_their_ticket(void **state)
{
	struct world *w = *state;
	int i, n = 0, billing = 0;

	for (i = 0; i < N_TICKETS; i++) {
		const struct val *q = row_get(&w->t.v[i], FID_TICKET_QUEUE);

		n += w->m[i].n;
		if (q->kind == VAL_INT && strcmp(q->s, "billing") == 0)
			billing += w->m[i].n;
	}
	assert_int_equal(found(w, ENT_MESSAGE, ""), n);
	assert_int_equal(found(w, ENT_MESSAGE, "kind:reply author:u1"), n);
	assert_int_equal(found(w, ENT_MESSAGE, "kind:note"), 0);
	assert_int_equal(found(w, ENT_QUEUE, "name:billing"), 1);
	assert_true(billing > 0);
}

static void a_bad_position_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "x", "[]", "[1,\"a\"]", "{}", "[\"1\"", "[null,3]"};
	struct world *w = *state;
	struct query *q;
	struct rows rows;
	size_t i;

	ok(query_parse("", ENT_TICKET, T0, 0, &q));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			store_query(w->f->ro, q, w->me, 5, bad[i], &rows),
			E_INPUT);
	query_free(q);
}

static void pending_rows_are_found(void **state)
{
	struct world *w = *state;
	struct store_enqueue e = {.connector = w->f->conn,
		.kind = OP_TICKET_NOTE,
		.target = w->t.v[3].id,
		.args = "{\"text\":\"zebra 斑马\"}",
		.me = "u1"};
	char uid[UID_SIZE];

	ok(store_op_enqueue(w->f->rw, &e, uid, NULL));
	assert_int_equal(found(w, ENT_TICKET, "is:pending"), 1);
	/* not indexed yet, found all the same */
	assert_int_equal(found(w, ENT_TICKET, "zebra"), 1);
	assert_int_equal(found(w, ENT_MESSAGE, "斑马 is:pending"), 1);
	index_all(w->f);
	assert_int_equal(found(w, ENT_TICKET, "zebra"), 1);
	ok(store_op_cancel(w->f->rw, uid));
	assert_int_equal(found(w, ENT_TICKET, "is:pending"), 0);
	assert_int_equal(found(w, ENT_TICKET, "zebra"), 0);
}

/* More hits than can be named: the list is walked and asked instead. */
static void common_words_give_the_same_lists(void **state)
{
	struct world *w = *state;
	struct recs *r = recs_new();
	char rid[16], m[16];
	int i;

	for (i = 0; i < 3300; i++) {
		snprintf(m, sizeof(m), "x%d", i);
		/* on every second ticket */
		snprintf(rid, sizeof(rid), "%d", 1 + i % (N_TICKETS / 2) * 2);
		message(r, m, rid, "reply", "u1", T0, "ubiquitous words");
	}
	assert_int_equal(land(w->f, r).bad, 0);
	index_all(w->f);
	for (i = 0; i < N_TICKETS; i++) {
		rows_free(&w->m[i]);
		ok(store_thread(
			w->f->ro, ENT_TICKET, w->t.v[i].id, 0, &w->m[i]));
	}
	check(w, "ubiquitous", 7);
	check(w, "-ubiquitous", 7);
	check(w, "ubiquitous queue:billing status:open", 3);
	check(w, "ubiquitous -refund", 7);
	check(w, "ubiquitous OR refund", 7);
	check(w, "ubiq* sort:priority", 7);
	assert_int_equal(found(w, ENT_TICKET, "ubiquitous"), N_TICKETS / 2);
	assert_int_equal(found(w, ENT_MESSAGE, "ubiquitous"), 3300);
}

static void hostile_words_are_only_words(void **state)
{
	static const char *const words[] = {"\"a\\\"b\"", "c++", "NEAR(x",
		"subject:x OR text", "fts_message", "'; drop table ticket; --",
		"%", "_", "\"* OR *\"", "{subject}x", "^refund", "refund+"};
	struct world *w = *state;
	struct query *q;
	struct rows rows;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (query_parse(words[i], ENT_TICKET, T0, 0, &q) < 0)
			continue;
		ok(store_query(w->f->ro, q, w->me, 10, NULL, &rows));
		rows_free(&rows);
		query_free(q);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lists_are_what_the_tree_says),
		T(page_size_does_not_matter),
		T(shaped_words_look_where_they_belong),
		T(messages_are_asked_about_their_ticket),
		T(a_bad_position_is_refused),
		T(pending_rows_are_found),
		T(common_words_give_the_same_lists),
		T(hostile_words_are_only_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
