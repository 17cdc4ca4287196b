/* SPDX-License-Identifier: MIT */
/*
 * The text that everything here is measured with: letters of customers, half
 * English and half Chinese, the same for the same number on every machine.
 * Words follow Zipf's law; a few words are planted so that "rare" and "common"
 * mean something known. It is made up: pairs of words meet more often than in
 * real letters, which makes indexes larger than they would be.
 */
#ifndef GALLEY_BENCH_GEN_H
#define GALLEY_BENCH_GEN_H

#include <stdint.h>
#include "galley/base/buf.h"

/* Planted in one message of 50,000 each, and nowhere else. */
#define GEN_RARE_EN   "quillfeather"
#define GEN_RARE_ZH   "麒麟鞋"
#define GEN_THREAD    5	  /* messages of a ticket */
#define GEN_PAGE      100 /* objects of a page */
#define GEN_QUEUES    24
#define GEN_AGENTS    300
#define GEN_CUSTOMERS 9000
#define GEN_EPOCH_S   1600000000

struct gen;
struct gen *gen_new(void);
void gen_free(struct gen *g);

/* All append to `out`. Message i belongs to ticket i / GEN_THREAD; both count
 * from 0 here, ids of the JSON from 1. */
void gen_body(const struct gen *g, uint64_t message, struct buf *out);
void gen_subject(const struct gen *g, uint64_t ticket, struct buf *out);
void gen_person(const struct gen *g, uint64_t person, struct buf *name,
	struct buf *mail);
void gen_ticket_json(const struct gen *g, uint64_t ticket, struct buf *out);
void gen_message_json(const struct gen *g, uint64_t message, struct buf *out);
/* {"tickets": [...], "more": true} */
void gen_ticket_page(
	const struct gen *g, uint64_t page, uint64_t total, struct buf *out);
void gen_message_page(
	const struct gen *g, uint64_t page, uint64_t total, struct buf *out);
/* As Request Tracker's /tickets answers it, with the fields that our manifest
 * asks for. */
void gen_rt_page(const struct gen *g, uint64_t page, struct buf *out);
/* RFC 5322, for the mail index. */
void gen_mail(const struct gen *g, uint64_t message, struct buf *out);

/* What a ticket is: shared by the JSON and by what is stored directly. */
struct gen_ticket {
	unsigned queue, owner, customer, priority; /* owner 0: nobody */
	const char *status;
	int64_t created_s, updated_s;
};
void gen_ticket(uint64_t ticket, struct gen_ticket *out);
int64_t gen_message_at_s(uint64_t message);

#endif
