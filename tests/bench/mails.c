/* SPDX-License-Identifier: MIT */
/*
 * mails DIR N: the first N generated messages as a maildir, for the mail
 * indexer that search is measured against.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "galley/base/mem.h"
#include "gen.h"

static void make_dir(const char *dir, const char *sub)
{
	char *path = xasprintf("%s/%s", dir, sub);

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		bench_die("%s: %s", path, strerror(errno));
	free(path);
}

static void write_mail(const char *dir, uint64_t i, const struct buf *b)
{
	char *path = xasprintf("%s/cur/%lld.%llu.desk:2,S", dir,
		(long long)gen_message_at_s(i), (unsigned long long)i);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, b->p, b->len) != (ssize_t)b->len ||
		close(fd) < 0)
		bench_die("%s: %s", path, strerror(errno));
	free(path);
}

int main(int argc, char **argv)
{
	struct gen *g;
	struct buf b = BUF_INIT;
	uint64_t n;

	if (argc != 3)
		bench_die("usage: mails DIR N");
	n = bench_number(argv[2]);
	make_dir(argv[1], "");
	make_dir(argv[1], "cur");
	make_dir(argv[1], "new");
	make_dir(argv[1], "tmp");
	g = gen_new();
	for (uint64_t i = 0; i < n; i++) {
		buf_reset(&b);
		gen_mail(g, i, &b);
		write_mail(argv[1], i, &b);
	}
	buf_fini(&b);
	gen_free(g);
	return 0;
}
