/* SPDX-License-Identifier: MIT */
/*
 * Behind tmux(1): who the terminal in front of it is, and whether what is not
 * meant for tmux comes through to it. Asked for a notice only; tmux answers
 * from its own process, a terminal's answer would be eaten on the way.
 */
#include "term_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galley/base/mem.h"
#include "galley/base/proc.h"

#define WAIT_MS	  500
#define MAX_WORDS 512

int tmux_around(const char *term)
{
	return getenv("TMUX") && *getenv("TMUX") &&
	       (!strncmp(term, "tmux", 4) || !strncmp(term, "screen", 6));
}

/* "xterm-256color|foot(1.13)|1": the last is 0 when it is off, and not known to
 * those before 3.3, who let everything through. */
int tmux_passes(enum notify_by *by)
{
	char tmux[] = "tmux", say[] = "display-message", print[] = "-p",
	     at[] = "-t", pane[64],
	     what[] = "#{client_termname}|#{client_termtype}|"
		      "#{allow-passthrough}";
	char *argv[] = {tmux, say, print, at, pane, what, NULL};
	const char *me = getenv("TMUX_PANE");
	char *out, *type, *on;
	size_t len;
	int passes;

	if (!me || strlen(me) >= sizeof(pane))
		return 0;
	snprintf(pane, sizeof(pane), "%s", me);
	if (proc_output(argv, WAIT_MS, MAX_WORDS, &out, &len) < 0) {
		err_clear();
		return 0;
	}
	out[strcspn(out, "\n")] = '\0';
	type = strchr(out, '|');
	on = type ? strchr(type + 1, '|') : NULL;
	if (on) {
		*type++ = *on++ = '\0';
		*by = notify_of(out, type);
	}
	passes = on && strcmp(on, "0") != 0;
	free(out);
	return passes;
}

/* Its DCS, in which every ESC is doubled (tmux(1), FAQ). */
void tmux_wrap(struct buf *b)
{
	struct buf in = *b;
	size_t i;

	*b = (struct buf)BUF_INIT;
	buf_adds(b, "\033Ptmux;");
	for (i = 0; i < in.len; i++) {
		if (in.p[i] == '\033')
			buf_addc(b, '\033');
		buf_addc(b, in.p[i]);
	}
	buf_adds(b, "\033\\");
	buf_fini(&in);
}
