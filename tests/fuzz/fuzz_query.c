/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the query parser: whatever is typed gives a tree or a message with a
 * column, and a tree is complete.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "galley/base/mem.h"
#include "galley/model/query.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct query_node *n)
{
	assert(n && n->col >= 1);
	switch (n->type) {
	case Q_AND:
	case Q_OR:
		check(n->a);
		check(n->b);
		break;
	case Q_NOT:
		check(n->a);
		break;
	case Q_FIELD:
		assert(n->field && n->n_values >= 1);
		assert(n->op != QOP_RANGE || n->n_values == 1);
		break;
	case Q_CF:
		assert(n->cf[0] && n->n_values >= 1);
		break;
	case Q_TEXT:
	case Q_IS:
	case Q_SHAPED:
		assert(n->text[0]);
		break;
	case Q_ALL:
		break;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const enum entity ents[] = {
		ENT_TICKET, ENT_MESSAGE, ENT_CUSTOMER, ENT_ARTICLE};
	struct query *q = NULL;
	char *s;

	if (size < 1)
		return 0;
	s = xstrndup((const char *)data + 1, size - 1);
	if (query_parse(
		    s, ents[data[0] & 3], INT64_C(1795233600000), 480, &q) == 0)
		check(q->root);
	else
		assert(strstr(err_msg(), "column") || strlen(s) > 8000);
	query_free(q);
	free(s);
	return 0;
}
