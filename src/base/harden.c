/* SPDX-License-Identifier: MIT */
/*
 * First steps of every process, and memory for secrets. Each step is on its
 * own: what a kernel or a container refuses is left out with a line in the log.
 */
#include "galley/base/harden.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galley/base/log.h"
#include "galley/base/mem.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

extern char **environ;

static int has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* `name` ends at '=' or the end of the string. */
static int is_unwanted(const char *name, size_t len)
{
	static const char *const prefixes[] = {"CURL_", "LD_", "MALLOC_"};
	static const char *const names[] = {
		"SSLKEYLOGFILE", "NETRC", "GLIBC_TUNABLES", "GCONV_PATH"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (has_prefix(name, prefixes[i]))
			return 1;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && !strncmp(name, names[i], len))
			return 1;
	}
	if (len >= 6 && !strncasecmp(name + len - 6, "_proxy", 6))
		return 1;
	return has_prefix(name, "TERMINFO") && getenv("SUDO_UID");
}

static void clean_environment(void)
{
	size_t i = 0, len;
	char *name;

	while (environ && environ[i]) {
		len = strcspn(environ[i], "=");
		if (!len || !is_unwanted(environ[i], len)) {
			i++;
			continue;
		}
		/* The list moves up: look at the same place again. */
		name = xstrndup(environ[i], len);
		unsetenv(name);
		free(name);
	}
}

static void warn(const char *what)
{
	log_warn("harden", "%s: %s", what, strerror(errno));
}

void harden_process(void)
{
	struct rlimit none = {0, 0};

	umask(077);
	clean_environment();
	if (setrlimit(RLIMIT_CORE, &none))
		warn("core limit");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		warn("no new privileges");
#ifndef SANITIZED
	/* The leak checker has to look into its own process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		warn("not dumpable");
#endif
	if (close_range(STDERR_FILENO + 1, ~0u, 0))
		warn("close descriptors");
}

/* A secret has pages of its own; what stands before it says how many. */
#define HEADER 16

char *secret_dup(const char *s, size_t len)
{
	size_t size = HEADER + len + 1;
	char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		/* Never NULL: this ends the process as any allocator does. */
		(void)xmalloc((size_t)-1 / 2);
		abort();
	}
	/* Small limits on locked memory are common: then it stays unlocked. */
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	memcpy(p, &size, sizeof(size));
	memcpy(p + HEADER, s, len);
	p[HEADER + len] = '\0';
	return p + HEADER;
}

void secret_free(char *s)
{
	size_t size;

	if (!s)
		return;
	memcpy(&size, s - HEADER, sizeof(size));
	explicit_bzero(s - HEADER, size);
	munmap(s - HEADER, size);
}
