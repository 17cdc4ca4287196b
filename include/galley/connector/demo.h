/* SPDX-License-Identifier: MIT */
/*
 * The demo centre: a shop for household appliances with its customers, cases,
 * calls and orders, held in memory, that plays a day. It implements `struct
 * conn` as any backend does, so everything done at it goes through the outbox
 * and the engine. What it tells comes from data/demo (galley-demo(5)), is made
 * from a seed, and is dated from the moment of the demo's first start.
 *
 * What was accepted and how far the play has come is kept in one file, so that
 * a later start finds the same world with everything done to it.
 */
#ifndef GALLEY_CONNECTOR_DEMO_H
#define GALLEY_CONNECTOR_DEMO_H

#include <stdint.h>
#include "galley/base/err.h"
#include "galley/connector/connector.h"

struct demo_args {
	const char *name;	   /* instance */
	const char *file;	   /* what is kept; NULL: nothing is kept */
	const char *data;	   /* directory of *.demo; NULL: built in */
	const struct clock *clock; /* NULL: the system's */
	uint64_t seed;		   /* 0: the usual one */
	int zone_min;		   /* the shop's, minutes east of UTC */
	int speed_percent;	   /* 0: 100 */
	int paused;
	int64_t write_ms; /* how long a write takes; 0: at once */
};

/* E_CONFIG with file:line when the data or the file kept is wrong, E_DISK. */
int demo_open(const struct demo_args *a, struct conn **out) MUST_CHECK;

/* The controls may be called from any thread while the connector is open;
 * NULL: every demo connector of this process. */

/* 100: as the clock goes, 6000: a minute a second. 1 to 100000. */
void demo_speed(struct conn *c, int percent);
void demo_pause(struct conn *c, int paused);
int demo_speed_now(void); /* of the first one open; 0 paused, -1 none */

/* The simulated line, until there is a telephone: what to do with the call that
 * rings or is under way. Without one it does nothing. */
enum demo_line { DEMO_ANSWER = 1, DEMO_REJECT, DEMO_HANG_UP };
void demo_line(struct conn *c, enum demo_line what);

#endif
