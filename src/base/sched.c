/* SPDX-License-Identifier: MIT */
/*
 * Since Linux 6.12 a thread says how long its turns are, and who is awakened
 * for a short one does not wait for the end of another's long one: two ticks
 * and more where all processors are busy. Nothing is taken from anybody: its
 * share stays what it was. Older kernels take the number and ignore it.
 * The call: sched_setattr(2); the C library has no name for it yet.
 */
#include "galley/base/sched.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RESET_ON_FORK 1

/* struct sched_attr in its first size, 48 bytes. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t turn_ns, deadline_ns, period_ns;
};

void sched_prompt(int turn_us)
{
	struct attr a = {.size = sizeof(a)};
	int was = errno;

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) == 0 &&
		a.policy == SCHED_OTHER) {
		a.flags |= RESET_ON_FORK;
		a.turn_ns = (uint64_t)turn_us * 1000;
		syscall(SYS_sched_setattr, 0, &a, 0);
	}
	errno = was;
}
