/* SPDX-License-Identifier: MIT */
/*
 * Other programs: started with posix_spawn (never fork: a database is open),
 * argument vectors (never a shell), and an environment that we choose.
 */
#ifndef GALLEY_BASE_PROC_H
#define GALLEY_BASE_PROC_H

#include <stddef.h>
#include <sys/types.h>
#include "galley/base/err.h"

/* Runs argv, waits at most timeout_ms, and takes at most max bytes of its
 * standard output (new string). stdin is /dev/null, stderr is ours. A non-zero
 * exit is E_INPUT with the status in the message. */
int proc_output(char *const argv[], int timeout_ms, size_t max, char **out,
	size_t *len) MUST_CHECK;

/* Starts argv with `fd` as its descriptor 3, an empty environment, stdin from
 * /dev/null and stdout and stderr to /dev/null. */
int proc_child(char *const argv[], int fd, pid_t *pid) MUST_CHECK;

/* Starts a program of the person's own, with our environment and nothing of our
 * terminal, and does not wait for it. */
int proc_leave(char *const argv[]) MUST_CHECK;

/* Kills (with its group) and reaps. */
void proc_kill(pid_t pid);

/* Opens a text in $VISUAL or $EDITOR (a private file in the state directory,
 * named after `name`), and gives back the edited text (new string). The file
 * is kept on every error, its path is in the message. */
int proc_edit(const char *name, const char *text, char **out) MUST_CHECK;

/* The same for a text that is kept elsewhere: the file (0600, in the private
 * runtime directory) never outlives the editor. */
int proc_edit_passing(const char *name, const char *text, char **out)
	MUST_CHECK;
/* Removes such files of processes that have died meanwhile. */
void proc_edit_sweep(void);

#endif
