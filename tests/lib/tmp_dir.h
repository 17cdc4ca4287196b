/* SPDX-License-Identifier: MIT */
/*
 * A directory of the test's own, for the whole of its run: make_dir() and
 * remove_dir() are the group's fixture, in_dir() names a file there.
 */
#ifndef GALLEY_TESTS_TMP_DIR_H
#define GALLEY_TESTS_TMP_DIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "galley/base/mem.h"

static char dir[] = "/tmp/galley-test-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_entry(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int remove_dir(void **state)
{
	(void)state;
	return nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* New string. */
static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

#endif
