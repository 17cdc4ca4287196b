#!/bin/sh
# run-mutants.sh [NAME...]: each patch in mutants/ (see `mutate`) removes one
# rule from a copy of the sources; the simulator must notice. The seeds that
# noticed last time (mutants/SEEDS) are tried first, then LIMIT of each kind of
# world, theirs before others. A seed counts only when the sources as they are
# pass it. A mutant that survives, or a patch that does not fit any more, is a
# failure. "NAME open" in SEEDS: nothing has noticed it yet; it is said and
# counted as skipped. The last line is "N passed, N failed[, N skipped]".
#
#   B=DIR    build directory (default build)    LIMIT=N  seeds (default 30)
#   JOBS=N   at a time (default: processors)    NOTE=1   write mutants/SEEDS
#   KINDS=N  other kinds of worlds to try (default all)
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build} LIMIT=${LIMIT:-30} JOBS=${JOBS:-$(nproc)}
KINDS=${KINDS-0 1000 2000 3000 4000 5000 6000 7000 8000 9000 10000 11000 12000 13000 14000 15000 16000 17000 18000 19000 20000 21000}
case $B in /*) ;; *) B=$top/$B ;; esac
dir=$top/tests/sim/mutants
export B LIMIT KINDS

# Compiles what the patch changes and links it before the libraries.
build() {
	objects=
	for f in $(cat "$work/files"); do
		o=$work/$(basename "$f" .c).o
		# shellcheck disable=SC2046
		${CC:-gcc} -I"$work/src" -I"$top/include" -I"$B/gen" \
			-I"$work/$(dirname "$f")" -I"$top/$(dirname "$f")" \
			-I"$top/src" -D_GNU_SOURCE \
			-DGALLEY_VERSION='"mutant"' \
			-DGALLEY_PREFIX='"/usr/local"' -std=gnu17 -O1 -w \
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

# Do the sources as they are pass a seed? Asked once for each.
sound() {
	c=$B/mutant/sound.$1
	[ -f "$c" ] ||
		if timeout 120 "$B/sim" --seed "$1" >"$c.$$" 2>&1; then
			mv "$c.$$" "$c"
		else
			return 1
		fi
}

# try FROM TO: 0 when the simulator noticed; `seed` and `how` say when and how
try() {
	at=$1
	while [ "$at" -le "$2" ]; do
		timeout 300 "$work/sim" --seeds "$at-$2" --until-fail \
			--no-weak >"$work/sim.log" 2>&1
		code=$?
		[ $code -eq 0 ] && return 1
		how=$(sed -n 's/^FAILED seed \([0-9]*\): /\1 /p' \
			"$work/sim.log" | head -n 1)
		if [ "$how" ]; then
			seed=${how%% *} how=${how#* }
		else # it crashed or hung: that is a way to be noticed too
			seed=$(sed -n 's/^seed \([0-9]*\)$/\1/p' \
				"$work/sim.log" | tail -n 1)
			how="exit $code $(grep -v '^seed ' "$work/sim.log" |
				tail -n 1)"
			[ "$seed" ] || return 1
		fi
		sound "$seed" && return 0
		at=$((seed + 1))
	done
	return 1
}

hunt() {
	known=$(sed -n "s/^$name \([0-9]\)/\1/p" "$dir/SEEDS" 2>/dev/null)
	for k in $known; do
		try "$k" "$k" && return 0
	done
	tried=
	for k in $known $KINDS; do
		k=$((k - k % 1000))
		case "$tried" in *" $k "*) continue ;; esac
		tried="$tried $k "
		try $((k + 1)) $((k + LIMIT)) && return 0
	done
	return 1
}

one() {
	name=$1 work=$B/mutant/$1
	rm -rf "$work"
	mkdir -p "$work"
	if ! "$top/tests/sim/mutate" "$dir/$name.patch" "$top" "$work" \
		>"$work/files" 2>"$work/mutate.log"; then
		echo "FAILED $name: the patch does not fit:" \
			"$(head -n 1 "$work/mutate.log")"
	elif ! build >"$work/build.log" 2>&1; then
		echo "FAILED $name: does not compile, see $work/build.log"
	elif hunt; then
		printf '%-27s seed %-5s %s\n' "$name" "$seed" \
			"$(echo "$how" | cut -c 1-80)"
		rm -f "$work/sim" "$work"/*.o
	else
		echo "FAILED $name: survives"
	fi
}

if [ "$1" = --one ]; then
	one "$2"
	exit
fi
open=
if [ $# -eq 0 ]; then
	open=$(sed -n 's/ open$//p' "$dir/SEEDS")
	# shellcheck disable=SC2046
	set -- $(cd "$dir" && ls ./*.patch | sed 's,^\./,,; s,\.patch$,,' |
		grep -vxF -e "${open:-/}")
fi
rm -rf "$B/mutant"
mkdir -p "$B/mutant"
printf '%s\n' "$@" | xargs -P "$JOBS" -n 1 "$0" --one | tee "$B/mutant/log"
if [ "${NOTE:-}" ]; then
	for name in $open; do
		echo "$name open"
	done >"$B/mutant/open"
	sed -n 's/^\([a-z0-9_]*\) *seed \([0-9]*\) .*/\1 \2/p' \
		"$B/mutant/log" | LC_ALL=C sort - "$B/mutant/open" >"$dir/SEEDS"
fi
for name in $open; do
	echo "skip $name: no seed is known that notices it, run it by name"
done
failed=$(grep -c '^FAILED' "$B/mutant/log")
passed=$(($(wc -l <"$B/mutant/log") - failed))
n_open=$(echo $open | wc -w)
if [ "$n_open" -gt 0 ]; then
	echo "$passed passed, $failed failed, $n_open skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
