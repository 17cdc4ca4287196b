/* SPDX-License-Identifier: MIT */
/* Every pane of the program, by name. */
#include "pane_priv.h"

#include <string.h>

const struct pane_ops *const pane_all[] = {
	&pane_inbox,
	&pane_thread,
	&pane_composer,
	&pane_ticket,
	&pane_customer,
	&pane_journey,
	&pane_answer,
	&pane_orders,
	&pane_calls,
	&pane_callbox,
	&pane_outbox,
	&pane_log,
	&pane_settings,
	&pane_help,
	&pane_queues,
	&pane_sample,
	&pane_script,
	NULL,
};

const struct pane_ops *pane_by_name(const char *name)
{
	int i;

	for (i = 0; pane_all[i]; i++)
		if (strcmp(pane_all[i]->name, name) == 0)
			return pane_all[i];
	return NULL;
}
