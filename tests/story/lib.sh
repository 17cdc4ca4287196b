# SPDX-License-Identifier: MIT
# The harness of the story: a test is a function t_NAME that runs in a shell of
# its own with a fresh $GALLEY_HOME, and ends with `fail` or by returning.
# Nothing waits by sleeping a while and hoping: `wait_for` looks until the
# condition holds or its bound is over.
#
# What a test gets:
#   g ARG...       runs galley; $rc, $T/out, $T/err are what came back
#   ok, exits, has, hasnt, same, js   say what must be so
#   rt, rt_sql     the backend's own interface and database
#   proxy_*        the fault-injecting proxy between galley and RT

set -u
shopt -s inherit_errexit
export LC_ALL=C.UTF-8 LANGUAGE=en TZ=UTC
unset GALLEY_DIE_AT GALLEY_RECORD GALLEY_REPLAY http_proxy https_proxy EDITOR VISUAL
S_HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
S_ROOT=$(readlink -f "$S_HERE/../..")
cd "$S_ROOT"
B=$(readlink -f "${B:-build}")
export B GALLEY_LIBEXEC=$B
GALLEY=${GALLEY_BIN:-$B/galley}
S_WORK=${STORY_DIR:-$B/story}
S_LIMIT=${STORY_LIMIT:-120} # seconds one test may take

# --- saying what must be so -----------------------------------------------------

fail() {
	# the first reason: a later one may only be its consequence
	[ -s "$T/why" ] || printf '%s\n' "$*" >"$T/why"
	exit 1
}

# g ARG...: never from a terminal, never longer than it may take
g() {
	timeout -k 5 "${G_LIMIT:-60}" "$GALLEY" "$@" >"$T/out" 2>"$T/err" </dev/null
	rc=$?
	printf '%s\n' "+ galley $* -> $rc" >>"$T/log"
	cat "$T/out" "$T/err" >>"$T/log"
	return 0
}

# The same with something on standard input
g_in() {
	local text=$1
	shift
	printf '%s' "$text" | timeout -k 5 "${G_LIMIT:-60}" "$GALLEY" "$@" \
		>"$T/out" 2>"$T/err"
	rc=$?
	printf '%s\n' "+ ... | galley $* -> $rc" >>"$T/log"
	cat "$T/out" "$T/err" >>"$T/log"
	return 0
}

# ok ARG...: galley ARG... must end with 0
ok() {
	g "$@"
	[ "$rc" = 0 ] || fail "galley $* ended with $rc: $(tail -n 3 "$T/err")"
}

# exits STATUS ARG...
exits() {
	local want=$1
	shift
	g "$@"
	[ "$rc" = "$want" ] ||
		fail "galley $* ended with $rc, not $want: $(tail -n 3 "$T/err")"
}

# has TEXT / hasnt TEXT: in what galley last wrote
has() {
	grep -qF -- "$1" "$T/out" "$T/err" ||
		fail "\"$1\" is not in: $(head -c 600 "$T/out" "$T/err")"
}

hasnt() {
	! grep -qF -- "$1" "$T/out" "$T/err" ||
		fail "\"$1\" is in: $(grep -hF -m 2 -- "$1" "$T/out" "$T/err")"
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1: got [$2], wanted [$3]"
}

# js FILTER ARG...: galley ARG... --json through jq; prints
js() {
	local filter=$1
	shift
	ok "$@" --json
	jq -er 'select(.galley == 1 and (.schema|type) == "string")' "$T/out" \
		>/dev/null || fail "galley $* --json has no envelope"
	jq -r "$filter" "$T/out"
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

# --- configuration -----------------------------------------------------------------

# secret FILE VALUE
secret() {
	(umask 077 && printf '%s\n' "$2" >"$1")
}

# conf_rt [URL [TOKEN [MANIFEST]]]: a connector "rt", nothing held back for undo
conf_rt() {
	mkdir -p "$GALLEY_HOME/config"
	chmod 700 "$GALLEY_HOME" "$GALLEY_HOME/config"
	touch "$GALLEY_HOME/config/config"
	chmod 600 "$GALLEY_HOME/config/config"
	secret "$GALLEY_HOME/token" "${2:-$RT_TOKEN_AGENT01}"
	cat >"$GALLEY_HOME/config/config" <<-END
		[galley]
		undo = ${UNDO:-0}
		[connector rt]
		manifest = ${3:-rt5}
		base = ${1:-$RT_URL}
		token_file = $GALLEY_HOME/token
	END
}

db_file() { echo "$GALLEY_HOME/data/galley.db"; }
cache() { sqlite3 -readonly -cmd '.timeout 5000' "$(db_file)" "$1"; }

# --- RT ----------------------------------------------------------------------------

rt_sql() { sqlite3 -cmd '.timeout 5000' "$RT_DB" "$1"; }

# rt AGENT METHOD PATH [JSON]: REST as someone else; prints the answer
rt() {
	local token=RT_TOKEN_$1
	curl -sS -m 30 -X "$2" -H "Authorization: token ${!token}" \
		-H 'Content-Type: application/json' ${4:+-d "$4"} \
		"$RT_URL/REST/2.0$3"
}

# rt_must AGENT METHOD PATH JSON: and it must be a yes
rt_must() {
	local token=RT_TOKEN_$1 code
	code=$(curl -sS -m 30 -o "$T/rt.out" -w '%{http_code}' -X "$2" \
		-H "Authorization: token ${!token}" \
		-H 'Content-Type: application/json' ${4:+-d "$4"} \
		"$RT_URL/REST/2.0$3")
	[[ $code == 2* ]] || fail "RT: $2 $3: $code $(head -c 300 "$T/rt.out")"
}

# A customer writes: as RT's gateway does it, by a user without privileges
customer_writes() { # TICKET TEXT
	rt_must ROOT POST "/ticket/$1/correspond" "$(jq -nc --arg t "$2" \
		'{Content:$t, ContentType:"text/plain"}')"
	local who
	who=$(rt_sql "select u.id from Tickets t join Groups g on g.Instance=t.id
		and g.Domain='RT::Ticket-Role' and g.Name='Requestor'
		join GroupMembers m on m.GroupId=g.id join Users u on u.id=m.MemberId
		where t.id=$1 limit 1")
	rt_sql "update Transactions set Creator=$who where id=(select max(id)
		from Transactions where ObjectType='RT::Ticket' and ObjectId=$1
		and Type='Correspond')"
}

# Messages of one kind on a ticket with that text (RT folds no ASCII)
rt_texts() { # TICKET TYPE TEXT
	rt_sql "select count(*) from Transactions x join Attachments a on
		a.TransactionId=x.id where x.ObjectType='RT::Ticket' and
		x.ObjectId=$1 and x.Type='$2' and a.Content like '$3%'"
}

rt_field() { # TICKET COLUMN
	rt_sql "select $2 from Tickets where id=$1"
}

# --- the proxy ---------------------------------------------------------------------

# proxy_start: in front of RT; $PROXY is its address
proxy_start() {
	S_SOCK=$T/proxy.sock
	rm -f "$T/proxy.port" "$S_SOCK"
	"$B/faultproxy" --listen 127.0.0.1:0 --to "${RT_URL#http://}" \
		--port-file "$T/proxy.port" --control "$S_SOCK" \
		--log "$T/proxy.log" --max-s 3600 </dev/null >"$T/proxy.out" 2>&1 &
	S_PROXY=$!
	wait_for 10 test -s "$T/proxy.port" || fail "the proxy does not start"
	PROXY=http://127.0.0.1:$(cat "$T/proxy.port")
}

proxy() { "$B/faultproxy" --ctl "$S_SOCK" "$@"; }

proxy_stop() {
	[ -z "${S_PROXY:-}" ] || kill "$S_PROXY" 2>/dev/null
	S_PROXY=
}

# How many requests were forwarded since the last reset
proxy_count() { proxy stats | awk '{ n += $NF } END { print n + 0 }'; }

# --- running -------------------------------------------------------------------------

# A home that has read everything once, to begin a test with
synced() {
	cp -a "$S_WORK/synced" "$GALLEY_HOME.new"
	rm -rf "$GALLEY_HOME"
	mv "$GALLEY_HOME.new" "$GALLEY_HOME"
	conf_rt "$@"
}

s_number=0 s_passed=0 s_failed=0 s_skipped=0

# run NAME "what it shows"
run() {
	local name=$1 began=$SECONDS
	[[ $name == ${STORY_ONLY:-*} ]] || return 0
	s_number=$((s_number + 1))
	export T=$S_WORK/$name GALLEY_HOME=$S_WORK/$name/home
	rm -rf "$T"
	mkdir -p "$GALLEY_HOME"
	chmod 700 "$T" "$GALLEY_HOME"
	s_before
	(
		trap 'code=$?; proxy_stop; exit $code' EXIT
		trap 'fail "longer than $S_LIMIT s"' ALRM
		"t_$name"
	) &
	local pid=$! why=
	s_wait "$pid"
	case $?$([ ! -s "$T/why" ] || echo '?') in
	0)
		s_passed=$((s_passed + 1))
		echo "ok $s_number $name: $2 ($((SECONDS - began)) s)"
		;;
	3*)
		s_skipped=$((s_skipped + 1))
		echo "skip $s_number $name: $(cat "$T/why")"
		;;
	*)
		s_failed=$((s_failed + 1))
		why=$(cat "$T/why" 2>/dev/null)
		echo "FAIL $name: ${why:-it ended early, see $T/log}"
		;;
	esac
}

# The shell of a test, or its end when it takes too long
s_wait() {
	local i
	for ((i = 0; i < S_LIMIT * 10; i++)); do
		kill -0 "$1" 2>/dev/null || { wait "$1"; return $?; }
		sleep 0.1
	done
	echo "longer than $S_LIMIT s" >"$T/why"
	kill -TERM "$1" 2>/dev/null
	wait "$1"
	return 1
}

s_before() { :; } # a story may put something here

finish() {
	if [ $s_skipped -gt 0 ]; then
		echo "$s_passed passed, $s_failed failed, $s_skipped skipped"
	else
		echo "$s_passed passed, $s_failed failed"
	fi
	[ $s_failed = 0 ]
}
