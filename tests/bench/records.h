/* SPDX-License-Identifier: MIT */
/*
 * Generated tickets and messages as records, as the mapping of bench.json
 * would bring them: for what is measured without network and mapping.
 */
#ifndef GALLEY_BENCH_RECORDS_H
#define GALLEY_BENCH_RECORDS_H

#include "galley/model/entity.h"
#include "gen.h"

/* Numbers from 0 as in gen.h; all tickets lie in `queues` queues. */
void records_add_ticket(struct recs *recs, const struct gen *g, uint64_t ticket,
	unsigned queues);
void records_add_message(
	struct recs *recs, const struct gen *g, uint64_t message);
/* "queue1" ... */
void records_add_queues(struct recs *recs, unsigned queues);

#endif
