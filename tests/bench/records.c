/* SPDX-License-Identifier: MIT */
/*
 * Records made from generated text by the setters that built-in drivers use.
 */
#include "records.h"

#include <stdio.h>
#include <string.h>

static const char *id_text(char out[24], uint64_t i)
{
	snprintf(out, 24, "%llu", (unsigned long long)i);
	return out;
}

void records_add_ticket(struct recs *recs, const struct gen *g, uint64_t ticket,
	unsigned queues)
{
	struct buf subject = BUF_INIT;
	struct gen_ticket t;
	struct rec *r;
	char id[24];

	gen_ticket(ticket, &t);
	gen_subject(g, ticket, &subject);
	r = recs_add(recs, REC_ROW, ENT_TICKET, id_text(id, ticket + 1));
	rec_set_text(recs, r, FID_TICKET_NUMBER, id);
	rec_set_text(recs, r, FID_TICKET_SUBJECT, buf_str(&subject));
	rec_set_text(recs, r, FID_TICKET_STATUS, t.status);
	rec_set_text(recs, r, FID_TICKET_PHASE,
		strchr("rc", t.status[0]) ? "done" : "open");
	rec_set_text(
		recs, r, FID_TICKET_QUEUE, id_text(id, t.queue % queues + 1));
	rec_set_text(recs, r, FID_TICKET_OWNER, id_text(id, t.owner + 1));
	rec_set_text(recs, r, FID_TICKET_CUSTOMER, id_text(id, t.customer));
	rec_set_int(r, FID_TICKET_PRIORITY, t.priority);
	rec_set_int(r, FID_TICKET_CREATED, t.created_s * 1000);
	rec_set_int(r, FID_TICKET_UPDATED, t.updated_s * 1000);
	rec_set_int(r, FID_TICKET_DUE, (t.created_s + 86400) * 1000);
	buf_fini(&subject);
}

void records_add_message(
	struct recs *recs, const struct gen *g, uint64_t message)
{
	struct buf body = BUF_INIT;
	struct rec *r;
	char id[24];

	gen_body(g, message, &body);
	r = recs_add(recs, REC_ROW, ENT_MESSAGE, id_text(id, message + 1));
	rec_set_text(recs, r, FID_MESSAGE_TICKET,
		id_text(id, message / GEN_THREAD + 1));
	rec_set_text(recs, r, FID_MESSAGE_KIND, "reply");
	rec_set_text(recs, r, FID_MESSAGE_DIR, message % 2 ? "out" : "in");
	rec_set_int(r, FID_MESSAGE_AT, gen_message_at_s(message) * 1000);
	rec_set_text(recs, r, FID_MESSAGE_TEXT, buf_str(&body));
	buf_fini(&body);
}

void records_add_queues(struct recs *recs, unsigned queues)
{
	char id[24], name[32];

	for (unsigned i = 1; i <= queues; i++) {
		struct rec *r =
			recs_add(recs, REC_ROW, ENT_QUEUE, id_text(id, i));

		snprintf(name, sizeof(name), "queue%u", i);
		rec_set_text(recs, r, FID_QUEUE_NAME, name);
	}
}
