/* SPDX-License-Identifier: MIT */
/*
 * What the mapping process gives up before it reads the first byte: files,
 * processes, network, other descriptors, more memory, core dumps. libjq 1.6
 * aborts, hangs and has had memory faults on hostile input, so nothing that
 * runs here may reach anything. A kernel that refuses ends the process.
 */
#include "child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "galley/base/mem.h"
#include "galley/jqchild/wire.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define MAX_MEMORY_BYTES (512u << 20)
#define MAX_CPU_S	 900

static const struct {
	int resource;
	rlim_t max;
	int skip_sanitized; /* the sanitizer reserves terabytes */
} limits[] = {
	{RLIMIT_CORE, 0, 0},
	{RLIMIT_FSIZE, 0, 0},
	{RLIMIT_NPROC, 0, 0},
	{RLIMIT_NOFILE, WIRE_FD + 1, 0},
	{RLIMIT_MEMLOCK, 0, 0},
	{RLIMIT_CPU, MAX_CPU_S, 0},
	{RLIMIT_AS, MAX_MEMORY_BYTES, 1},
};

/* Allowed whatever the arguments are. */
static const int allowed[] = {
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo), /* qsort() asks how much memory there is */
	SCMP_SYS(setitimer),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
#if SANITIZED
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sched_yield),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64),
#endif
};

/* libjq and libc look for files (~/.jq, the zone): they are told there are
 * none, which is not worth dying for. */
static const int refused[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(ioctl),
	SCMP_SYS(close),
	SCMP_SYS(lseek),
};

static _Noreturn void die(void)
{
	_exit(70);
}

static void must(int rc)
{
	if (rc < 0)
		die();
}

static void set_limits(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit r = {limits[i].max, limits[i].max};

		if (limits[i].skip_sanitized && SANITIZED)
			continue;
		must(setrlimit((__rlimit_resource_t)limits[i].resource, &r));
	}
}

static void allow_io(scmp_filter_ctx f)
{
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
		SCMP_A0(SCMP_CMP_EQ, WIRE_FD, 0)));
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		SCMP_A0(SCMP_CMP_EQ, WIRE_FD, 0)));
	/* an assertion's last words go to /dev/null */
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0)));
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1,
		SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0)));
}

/* Memory may be mapped, but neither from a file nor to be run. */
static void allow_memory(scmp_filter_ctx f)
{
	if (SANITIZED)
		return;
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)));
	must(seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
}

static void filter_calls(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (!f)
		die();
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		must(seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		must(seccomp_rule_add(
			f, SCMP_ACT_ERRNO(EACCES), refused[i], 0));
	allow_io(f);
	allow_memory(f);
	must(seccomp_load(f));
	seccomp_release(f);
}

void sandbox_enter(void)
{
	umask(077);
	(void)close_range(WIRE_FD + 1, ~0U, 0);
	must(chdir("/"));
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* the parent's death ends us even in the middle of a filter */
	must(prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0));
	set_limits();
	filter_calls();
}
