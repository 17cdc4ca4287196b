/* SPDX-License-Identifier: MIT */
/*
 * Runs while building: turns the files it is given into one C table, so that
 * what is shipped is also what is built in. Names lose their leading "data/".
 * It does not look into the files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void die(const char *name)
{
	fprintf(stderr, "gen_embed: %s: %s\n", name, strerror(errno));
	exit(1);
}

/* A NUL follows the bytes, so that text can be used as a string. */
static size_t emit_bytes(const char *name, int index)
{
	FILE *f = fopen(name, "rb");
	size_t n = 0;
	int c;

	if (!f)
		die(name);
	printf("static const unsigned char embedded_%d[] = {", index);
	for (; (c = getc(f)) != EOF; n++)
		printf("%s%d,", n % 24 ? "" : "\n", c);
	printf("\n0};\n");
	if (ferror(f) || fclose(f))
		die(name);
	return n;
}

static void emit_name(const char *path)
{
	const char *s = strncmp(path, "data/", 5) ? path : path + 5;

	putchar('"');
	for (; *s; s++)
		printf(*s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	putchar('"');
}

int main(int argc, char **argv)
{
	size_t *len = calloc((size_t)argc, sizeof(*len));
	int i;

	if (!len)
		die("memory");
	for (i = 1; i < argc; i++)
		len[i] = emit_bytes(argv[i], i);
	printf("static const struct embedded {\n\tconst char *name;\n"
	       "\tconst unsigned char *data;\n\tsize_t len;\n"
	       "} embedded_files[] = {\n");
	for (i = 1; i < argc; i++) {
		printf("\t{ ");
		emit_name(argv[i]);
		printf(", embedded_%d, %zu },\n", i, len[i]);
	}
	printf("\t{ NULL, NULL, 0 },\n};\n");
	free(len);
	if (fflush(stdout) || ferror(stdout))
		die("standard output");
	return 0;
}
