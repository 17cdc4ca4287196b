#!/bin/bash
# SPDX-License-Identifier: MIT
# At a terminal: what init asks, that it hides what must not be seen and leaves
# the terminal as it was, and the line in which sync says how far it is.

. "$(dirname "$(readlink -f "$0")")/lib.sh"

R=$S_ROOT/tests/backends/rt.sh
RT_DIR=$S_WORK/term-rt

# at_terminal SCRIPT ARG...: galley ARG... on a pseudo-terminal; what it wrote
# is in $T/screen
at_terminal() {
	local script=$1
	shift
	GALLEY_LIBEXEC=$B "$B/pty" --limit 60 "$script" "$GALLEY" "$@" \
		>"$T/screen" 2>"$T/err" </dev/null || fail "$(cat "$T/err")"
	printf '%s\n' "+ galley $* (terminal)" >>"$T/log"
	cat "$T/screen" >>"$T/log"
}

# Everything that init asks before the secret, answered
to_the_secret() { # URL
	printf '%s\n' "see empty: the system's" 'send ' 'see Backends:' \
		'see rt5' 'see Which backend?' 'send rt5' \
		'see called here?' 'send desk' 'see Address' "send $1" \
		'see not shown while you type' 'echo off'
}

t_init() {
	at_terminal "$(to_the_secret "$RT_URL")
		send $RT_TOKEN_AGENT01
		echo on
		see may be empty
		send
		see may be empty
		send
		see desk answers; you are
		see wrote
		end 0
		never $RT_TOKEN_AGENT01" init
	local conf=$GALLEY_HOME/config/config
	grep -q '^\[connector desk\]' "$conf" || fail "not written: $(cat "$conf")"
	! grep -qF "$RT_TOKEN_AGENT01" "$conf" || fail 'the token is in the file'
	same 'mode of the secret' \
		"$(stat -c %a "$GALLEY_HOME/config/secrets/desk.token")" 600
	ok sync
	# a second one: the name that is taken is asked for again
	at_terminal "see Which backend?
		send rt5
		see called here?
		send desk
		see already
		see called here?
		ctrl C
		end 130" init
	same connectors "$(grep -c '^\[connector' "$conf")" 1
}

# The same questions on the first screen of the workstation; after the trial it
# opens with the first sync going. Ctrl-N is down, Ctrl-M is Enter.
to_the_trial() { # TOKEN
	printf '%s\n' 'see no configuration yet' 'ctrl N' 'ctrl M' \
		'see Type to find' 'type tracker' 'ctrl M' 'see Address of RT' \
		'ctrl M' "type $RT_URL" 'ctrl M' "type $1" 'ctrl S'
}

# Only the cells that change are written. The first sync gives the lists their
# numbers, and that moves the last of the tabs
t_first_screen() {
	export TERM=xterm-256color
	at_terminal "$(to_the_trial "$RT_TOKEN_AGENT01")
		see answers; you are
		see Put aside
		ctrl Q
		end 0
		never $RT_TOKEN_AGENT01"
	local conf=$GALLEY_HOME/config/config
	grep -q '^\[connector rt5\]' "$conf" || fail "not written: $(cat "$conf")"
	! grep -qF "$RT_TOKEN_AGENT01" "$conf" || fail 'the token is in the file'
	same 'mode of the secret' \
		"$(stat -c %a "$GALLEY_HOME/config/secrets/rt5.token")" 600
	ok sync
	# a trial that fails, and the person leaves: nothing is left behind
	rm -rf "$GALLEY_HOME"
	at_terminal "$(to_the_trial 1-41-0000000000000000000000000000)
		see It did not work
		type q
		end 0"
	same 'left behind' \
		"$(find "$GALLEY_HOME" -type f -path '*/config/*')" ''
}

# What stands in a manifest is asked in the person's language
t_language() {
	export LANGUAGE=zh_CN
	at_terminal "send
		see REST2；已在
		send rt5
		send desk
		see RT 的地址
		send $RT_URL
		see 认证令牌
		echo off
		ctrl C
		echo on
		end 130" init
	ok connector show rt5
	has 'RT 的地址'
	same 'for programs' "$(js '.settings[0].label' connector show rt5)" \
		'Address of RT'
}

# The person says no, and nothing is left behind; says yes, and it is written
t_wrong_token() {
	local wrong=1-41-0000000000000000000000000000
	at_terminal "$(to_the_secret "$RT_URL")
		send $wrong
		echo on
		see may be empty
		send
		see may be empty
		send
		see Write the configuration all the same?
		send
		end 77
		never $wrong" init
	same 'left behind' "$(find "$GALLEY_HOME/config" -type f)" ''
	at_terminal "$(to_the_secret "$RT_URL")
		send $wrong
		see may be empty
		send
		see may be empty
		send
		see Write the configuration all the same?
		send yes
		see wrote
		end 0" init
	[ -f "$GALLEY_HOME/config/config" ] || fail 'yes, and it is not written'
	exits 77 sync
}

t_interrupted() {
	at_terminal "see empty: the system's
		ctrl C
		echo on
		end 130" init
	at_terminal "$(to_the_secret "$RT_URL")
		ctrl C
		echo on
		end 130" init
	# the end of the input is no answer either
	at_terminal "$(to_the_secret "$RT_URL")
		ctrl D
		echo on
		end 130" init
	same 'left behind' \
		"$(find "$GALLEY_HOME" -type f -path '*/config/*')" ''
}

# Ctrl-C while the server is tried
t_interrupted_try() {
	proxy_start
	proxy rule GET / 5 stall:30000
	at_terminal "$(to_the_secret "$PROXY")
		send $RT_TOKEN_AGENT01
		see may be empty
		send
		see may be empty
		send
		see trying desk
		ctrl C
		end 130
		never Write the configuration" init
	same 'left behind' "$(find "$GALLEY_HOME/config" -type f)" ''
}

# so slow and so little at a time that the line has something to say
sluggish() {
	sed -E 's/"batch": [0-9]+/"batch": 3/' data/connectors/rt5.json \
		>"$T/sluggish.json"
	conf_rt "$PROXY" "$RT_TOKEN_AGENT01" "$T/sluggish.json"
}

t_progress() {
	proxy_start
	sluggish
	proxy rule GET / '*' delay:120
	proxy rule POST / '*' delay:120
	at_terminal 'end 0' sync
	grep -qaE $'\r\033\\[Krt [a-z.]+: [0-9]+ of [0-9]+, [0-9]+/s, [0-9]+[a-z]+ left' \
		"$T/screen" || fail "no such line: $(tr '\r' '\n' <"$T/screen")"
	# what stands there afterwards is the table, not half a line
	tail -n 4 "$T/screen" | grep -qa 'left to fetch' ||
		fail "no table at the end"
	# narrow enough for one row
	tr '\r' '\n' <"$T/screen" | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' |
		grep -a ' of ' | awk 'length > 79 { exit 1 }' ||
		fail 'a line of progress is longer than the screen'
	at_terminal 'end 0
		never  of ' sync --quiet
}

# Not a terminal: no line at all, whatever it takes
t_no_progress() {
	proxy_start
	conf_rt "$PROXY"
	proxy rule GET / '*' delay:120
	proxy rule POST / '*' delay:120
	ok sync
	same 'on standard error' "$(cat "$T/err")" ''
	! grep -qa $'[\r\033]' "$T/out" || fail 'control characters in the table'
}

s_before() { "$R" reset "$RT_DIR"; }
stop_all() { "$R" destroy "$RT_DIR" 2>/dev/null; }

[ -x "$B/pty" ] || { echo "no $B/pty: make story" >&2; exit 1; }
mkdir -p "$S_WORK"
stop_all
export GALLEY_TEST_CACHE=${GALLEY_TEST_CACHE:-$B/cache}
trap stop_all EXIT
"$R" start "$RT_DIR" small >/dev/null || exit 1
set -a
. "$RT_DIR/env"
set +a

run init 'init asks, hides the token, tries, writes'
run first_screen 'the first screen: a backend tried, the first sync on'
run language 'the labels of a manifest in Chinese'
run wrong_token 'a wrong token: a person decides, no leaves nothing'
run interrupted 'Ctrl-C at a question: nothing is written, echo is on'
run interrupted_try 'Ctrl-C while the server is tried'
run progress 'what, how much of how much, rate, time left'
run no_progress 'no terminal: no progress'
finish
