/* SPDX-License-Identifier: MIT */
/*
 * The listing of scenario, macro, form and script files. What is in them is
 * none of its business; names that are no names are passed over.
 */
#include "names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/embed.h"
#include "galley/base/paths.h"
#include "lex.h"

#define MAX_NAMES 500

struct names {
	struct arena *a;
	const char *suffix;
	const char **v;
	size_t n;
};

/* "hotline.scenario", when it is such a name and not there yet. */
static void add_name(struct names *names, const char *file)
{
	size_t len = strlen(file), cut = strlen(names->suffix), i;
	const char *name;

	if (len <= cut || strcmp(file + len - cut, names->suffix) != 0)
		return;
	name = arena_strndup(names->a, file, len - cut);
	if (!lex_is_file_name(name) || names->n == MAX_NAMES)
		return;
	for (i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], name))
			return;
	names->v[names->n++] = name;
}

static void add_shipped(struct names *names, const char *folder)
{
	size_t cut = strlen(folder);
	const char *s;
	int i;

	for (i = 0; (s = embed_name(i)); i++)
		if (!strncmp(s, folder, cut) && s[cut] == '/')
			add_name(names, s + cut + 1);
}

static void add_own(struct names *names, const char *folder)
{
	char *path = path_user(PATH_CONFIG, folder);
	DIR *dir = opendir(path);
	const struct dirent *e;

	free(path);
	if (!dir)
		return;
	while ((e = readdir(dir)))
		add_name(names, e->d_name);
	closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **names_in(struct arena *a, const char *folder, const char *suffix,
	int (*compare)(const void *, const void *))
{
	struct names names = {.a = a, .suffix = suffix};

	names.v = arena_calloc(a, MAX_NAMES + 1, sizeof(*names.v));
	add_shipped(&names, folder);
	add_own(&names, folder);
	qsort(names.v, names.n, sizeof(*names.v), compare ? compare : by_name);
	return names.v;
}
