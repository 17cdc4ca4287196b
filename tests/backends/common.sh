# SPDX-License-Identifier: MIT
# Shared by the starters of real backends. A starter keeps everything in one
# directory that the caller names, listens on 127.0.0.1 on a port that was free
# a moment ago, is stopped by the pid it wrote down, and never touches /etc.
# Images (a seeded database and its tokens) are files in a cache, named by a
# hash of what made them, so that a second run starts in seconds.
# It refuses to guess: no directory, no start.

set -eu
shopt -s inherit_errexit
umask 077
export LC_ALL=C.UTF-8 TZ=UTC
PATH=/usr/sbin:/usr/bin:/sbin:/bin
BE_HERE=$(dirname "$(readlink -f "$0")")
BE_CACHE=${GALLEY_TEST_CACHE:-${B:-build}/cache}

be_die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

be_usage() {
	sed -n 's/^#: \{0,1\}//p' "$0" >&2
	exit 2
}

# be_need PROGRAM...: what is missing, and how to get it
be_need() {
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || be_die "$p is not installed: make deps-test"
	done
}

be_free_port() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
			LocalPort => 0) or die "no free port: $!\n";
		print $s->sockport'
}

# be_hash WORD... : of the words and of the files among them
be_hash() {
	local w
	for w in "$@"; do
		if [ -f "$w" ]; then cat "$w"; else echo "$w"; fi
	done | sha256sum | cut -c1-16
}

# be_build BUILDER DIR: what it says is shown only when it fails. Not to be
# called behind "if" or "||": that would switch off "set -e" inside.
be_build() (
	log=$2.log
	trap '[ $? = 0 ] || { tail -n 40 "$log" >&2; be_die "$2 was not made"; }
		rm -f "$log"' EXIT
	"$1" "$2" >"$log" 2>&1
)

# be_image NAME BUILDER: prints the directory of an image, made first by
# "BUILDER DIR" when it is not there. Two runs at once make it once.
be_image() {
	local dir=$BE_CACHE/$1 lock=$BE_CACHE/$1.lock
	mkdir -p "$BE_CACHE"
	if [ ! -d "$dir" ]; then
		exec 9>"$lock"
		flock 9
		if [ ! -d "$dir" ]; then
			rm -rf "$dir.tmp"
			mkdir -p "$dir.tmp"
			be_build "$2" "$(readlink -f "$dir.tmp")" 9>&-
			mv "$dir.tmp" "$dir"
		fi
		exec 9>&-
		rm -f "$lock"
	fi
	readlink -f "$dir"
}

# "${BE_SPAWN[@]}" PIDFILE LOG COMMAND... &: in a session of its own, with its
# own pid written down by itself
BE_SPAWN=(setsid bash -c 'echo $$ >"$1"; exec "${@:3}" >"$2" 2>&1 </dev/null'
	spawn)

# be_alive PIDFILE: is the process that we started still there?
be_alive() {
	[ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

# be_wait_up PIDFILE URL WANTED_STATUS SECONDS
be_wait_up() {
	local i code
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$1" ] || break
		sleep 0.05
	done
	for ((i = 0; i < $4 * 20; i++)); do
		code=$(curl -s -o /dev/null -m 10 -w '%{http_code}' "$2") || true
		[ "$code" != "$3" ] || return 0
		be_alive "$1" || return 1
		sleep 0.05
	done
	return 1
}

# be_stop PIDFILE [SIGNAL]: politely, then the whole session it leads
be_stop() {
	local pid i
	[ -s "$1" ] || return 0
	pid=$(cat "$1")
	kill "-${2:-TERM}" "$pid" 2>/dev/null || true
	for ((i = 0; i < 60; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -KILL -- "-$pid" 2>/dev/null || true
	rm -f "$1"
}

# be_dir DIR: an absolute name, made, private
be_dir() {
	[ -n "${1:-}" ] || be_usage
	mkdir -p "$1"
	chmod 700 "$1"
	readlink -f "$1"
}

# be_destroy DIR: only what a starter made
be_destroy() {
	[ -f "$1/.galley-backend" ] || be_die "$1 was not made by this script"
	rm -rf "$1"
}
