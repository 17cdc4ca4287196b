#!/bin/sh
# run-mutants.sh [NAME...]: each patch in mutants/ removes one rule from a copy
# of the sources; the simulator must notice within LIMIT seeds. A mutant that
# survives, or a patch that does not fit any more, is a failure. The last line
# is "N passed, N failed".
#
#   B=DIR     build directory (default build)   LIMIT=N  seeds (default 400)
#   JOBS=N    compilers at a time (default 2)
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build} LIMIT=${LIMIT:-400} JOBS=${JOBS:-2}
case $B in /*) ;; *) B=$top/$B ;; esac
work=$B/mutant
passed=0 failed=0

# mutate NAME: a tree that shares everything but what the patch changes
mutate() {
	rm -rf "$work/src" "$work/tree.log"
	mkdir -p "$work"
	cp -a "$top/src" "$work/src"
	patch -p1 -d "$work" -F 3 -s --no-backup-if-mismatch \
		<"$top/tests/sim/mutants/$1.patch" >"$work/patch.log" 2>&1 ||
		return 1
	# what the patch did not touch keeps its object
	changed=$(sed -n 's,^+++ b/\([^	]*\).*,\1,p' \
		"$top/tests/sim/mutants/$1.patch")
	[ "$changed" ]
}

# build NAME: the changed files and a simulator with them before the libraries
build() {
	objects=
	for f in $changed; do
		o=$work/$(basename "$f" .c).o
		# shellcheck disable=SC2046
		${CC:-gcc} -I"$work" -I"$work/src" -I"$top/include" \
			-I"$B/gen" -I"$work/$(dirname "$f")" -D_GNU_SOURCE \
			-DGALLEY_VERSION='"mutant"' \
			-DGALLEY_PREFIX='"/usr/local"' -std=gnu17 -O2 -g -w \
			-fPIE -ftrivial-auto-var-init=zero \
			$(pkg-config --cflags sqlite3 libcjson libcurl \
				libseccomp) \
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

fail() {
	echo "FAILED $1: $2"
	failed=$((failed + 1))
}

names=$*
[ "$names" ] || names=$(cd "$top/tests/sim/mutants" && ls ./*.patch |
	sed 's,^\./,,; s,\.patch$,,')
for name in $names; do
	if ! mutate "$name"; then
		fail "$name" "the patch does not fit"
		cat "$work/patch.log"
		continue
	fi
	if ! build "$name" >"$work/build.log" 2>&1; then
		fail "$name" "does not compile"
		tail -n 5 "$work/build.log"
		continue
	fi
	"$work/sim" --seeds "1-$LIMIT" --until-fail --no-weak \
		>"$work/$name.log" 2>&1
	found=$(sed -n 's/^FAILED seed \([0-9]*\): /\1 /p' "$work/$name.log" |
		head -n 1)
	if [ "$found" ]; then
		passed=$((passed + 1))
		printf '%-24s seed %-4s %s\n' "$name" "${found%% *}" \
			"$(echo "${found#* }" | cut -c 1-90)"
	elif grep -q ' passed, 0 failed$' "$work/$name.log"; then
		fail "$name" "survives $LIMIT seeds"
	else
		# a crash or an assertion is a way to be noticed
		passed=$((passed + 1))
		printf '%-24s %s\n' "$name" \
			"$(tail -n 1 "$work/$name.log" | cut -c 1-90)"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
