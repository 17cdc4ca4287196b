#!/bin/sh
# run-mutants.sh [NAME...]: each patch in mutants/ removes one rule from a copy
# of the sources; the simulator must notice within LIMIT seeds. A mutant that
# survives, or a patch that does not fit any more, is a failure. The seed that
# noticed last time (mutants/SEEDS) is tried first. The last line is
# "N passed, N failed".
#
#   B=DIR    build directory (default build)    LIMIT=N  seeds (default 400)
#   JOBS=N   at a time (default: processors)    NOTE=1   write mutants/SEEDS
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build} LIMIT=${LIMIT:-400} JOBS=${JOBS:-$(nproc)}
case $B in /*) ;; *) B=$top/$B ;; esac
dir=$top/tests/sim/mutants
export B LIMIT

# Compiles what the patch changes and links it before the libraries.
build() {
	objects=
	for f in $(sed -n 's,^+++ b/\([^	]*\).*,\1,p' "$dir/$name.patch"); do
		o=$work/$(basename "$f" .c).o
		# shellcheck disable=SC2046
		${CC:-gcc} -I"$work/src" -I"$top/include" -I"$B/gen" \
			-I"$work/$(dirname "$f")" -I"$top/$(dirname "$f")" \
			-I"$top/src" -D_GNU_SOURCE \
			-DGALLEY_VERSION='"mutant"' \
			-DGALLEY_PREFIX='"/usr/local"' -std=gnu17 -O2 -w \
			-fPIE -ftrivial-auto-var-init=zero \
			$(pkg-config --cflags sqlite3 libcjson libcurl) \
			-c -o "$o" "$work/$f" || return 1
		objects="$objects $o"
	done
	# shellcheck disable=SC2046,SC2086
	${CC:-gcc} -pie -o "$work/sim" "$B"/tests/sim/*.o $objects \
		"$B/libsync.a" "$B/libconnector.a" "$B/libnet.a" \
		"$B/libstore.a" "$B/libpolicy.a" "$B/libmodel.a" \
		"$B/libbase.a" \
		$(pkg-config --libs sqlite3 libcjson libcurl libseccomp) \
		-lunistring -lpthread
}

# Copies the files that the patch names, and patches them.
mutate() {
	rm -rf "$work"
	sed -n 's,^+++ b/\([^	]*\).*,\1,p' "$dir/$name.patch" |
		while read -r f; do
			mkdir -p "$work/$(dirname "$f")"
			cp "$top/$f" "$work/$f"
		done
	[ -d "$work" ] && patch -p1 -d "$work" -F 3 -s \
		--no-backup-if-mismatch <"$dir/$name.patch" \
		>"$work/patch.log" 2>&1
}

# try FROM-TO: 0 when the simulator noticed; says how
try() {
	"$work/sim" --seeds "$1" --until-fail --no-weak >"$work/sim.log" 2>&1
	how=$(sed -n 's/^FAILED seed \([0-9]*\): /\1 /p' "$work/sim.log" |
		head -n 1)
	[ "$how" ] && return 0
	grep -q ' passed, 0 failed$' "$work/sim.log" && return 1
	# a crash or an assertion is a way to be noticed too
	how="- $(tail -n 1 "$work/sim.log")"
}

one() {
	name=$1 work=$B/mutant/$1
	if ! mutate; then
		echo "FAILED $name: the patch does not fit"
		return
	fi
	if ! build >"$work/build.log" 2>&1; then
		echo "FAILED $name: does not compile, see $work/build.log"
		return
	fi
	hint=$(sed -n "s/^$name \([0-9]*\)$/\1/p" "$dir/SEEDS" 2>/dev/null)
	if { [ "$hint" ] && try "$hint-$hint"; } || try "1-$LIMIT"; then
		printf '%-24s seed %-4s %s\n' "$name" "${how%% *}" \
			"$(echo "${how#* }" | cut -c 1-80)"
		rm -f "$work/sim" "$work"/*.o
	else
		echo "FAILED $name: survives $LIMIT seeds"
	fi
}

if [ "$1" = --one ]; then
	one "$2"
	exit
fi
[ $# -gt 0 ] || set -- $(cd "$dir" && ls ./*.patch |
	sed 's,^\./,,; s,\.patch$,,')
mkdir -p "$B/mutant"
printf '%s\n' "$@" | xargs -P "$JOBS" -n 1 "$0" --one | tee "$B/mutant/log"
if [ "${NOTE:-}" ]; then
	sed -n 's/^\([a-z0-9_]*\) *seed \([0-9]*\) .*/\1 \2/p' \
		"$B/mutant/log" | LC_ALL=C sort >"$dir/SEEDS"
fi
failed=$(grep -c '^FAILED' "$B/mutant/log")
passed=$(($(wc -l <"$B/mutant/log") - failed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
