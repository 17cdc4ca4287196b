#!/bin/sh
# run.sh [BUILD-DIR]: checks the model of the outbox in every configuration.
# The right design must hold in every class of backend; each wrong design must
# be refuted. The last line is "N passed, N failed".
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$(mktemp -d)} || exit 1
[ "$1" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"
passed=0 failed=0

# configuration NAME PROPERTY holds|refuted FLAGS...
# PROPERTY: safety (the asserts), truthful, live, today
configuration() {
	name=$1 property=$2 want=$3
	shift 3
	work=$dir/$name.$property
	rm -rf "$work"
	mkdir -p "$work"
	cd "$work" || exit 1
	case $property in
	safety) gen=-noclaim build=-DSAFETY run= ;;
	truthful) gen= build=-DSAFETY run="-N truthful" ;;
	*) gen= build="-DNFAIR=8" run="-a -f -N $property" ;;
	esac
	# shellcheck disable=SC2086
	if ! spin "$@" -a "$here/outbox.pml" >spin.log 2>&1 ||
		! gcc -O2 -w -DCOLLAPSE -DVECTORSZ=2048 $build \
			$([ -n "$gen" ] && echo -DNOCLAIM) -o pan pan.c \
			>gcc.log 2>&1; then
		echo "FAILED $name $property: cannot be built"
		tail -n 5 spin.log gcc.log 2>/dev/null
		failed=$((failed + 1))
		return
	fi
	# shellcheck disable=SC2086
	timeout 300 ./pan -m200000 -w22 $run >pan.log 2>&1
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log)
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
	verdict=unclear
	if grep -q 'max search depth too small\|out of memory\|aborted' \
		pan.log; then
		verdict=unfinished
		[ "${errors:-0}" -gt 0 ] && verdict=refuted
	elif [ "${errors:-x}" = 0 ]; then
		verdict=holds
	elif [ "${errors:-0}" -gt 0 ]; then
		verdict=refuted
	fi
	if [ "$verdict" = "$want" ]; then
		passed=$((passed + 1))
		printf '%-24s %-9s %-8s %s states\n' "$name" "$property" \
			"$verdict" "$states"
	else
		failed=$((failed + 1))
		printf 'FAILED %s %s: %s, expected %s (see %s)\n' "$name" \
			"$property" "$verdict" "$want" "$work"
	fi
	rm -f pan pan.?
}

for class in 1:key 2:unique 3:marker 4:nothing 5:field; do
	n=${class%%:*} word=${class#*:}
	for property in safety truthful live; do
		configuration "$word" $property holds "-DCLASS=$n"
	done
done
for class in 1:key 3:marker 4:nothing; do
	n=${class%%:*} word=${class#*:}
	configuration "$word-two-desks" safety holds "-DCLASS=$n" -DDESKS=2
done
# one is for a time to come, and the other is made meanwhile
for class in 1:key 3:marker 4:nothing; do
	n=${class%%:*} word=${class#*:}
	for property in safety truthful live; do
		configuration "$word-later" $property holds "-DCLASS=$n" \
			-DLATER
	done
	configuration "$word-tomorrow" today holds "-DCLASS=$n" -DLATER \
		-DNO_MORNING
done
# where the server knows a request again, a road that doubles does no harm
configuration key-doubled safety holds -DCLASS=1 -DROAD_DOUBLES
configuration unique-doubled safety holds -DCLASS=2 -DROAD_DOUBLES
configuration unique-blind safety holds -DCLASS=2 -DBUG_BLIND

# the wrong designs
for class in 3:marker 4:nothing; do
	n=${class%%:*} word=${class#*:}
	configuration "$word-blind" safety refuted "-DCLASS=$n" -DBUG_BLIND
	configuration "$word-doubled" safety refuted "-DCLASS=$n" \
		-DROAD_DOUBLES
	configuration "$word-short-window" truthful refuted "-DCLASS=$n" \
		-DBUG_SHORT_WINDOW
	configuration "$word-send-first" safety refuted "-DCLASS=$n" \
		-DBUG_SEND_FIRST
	configuration "$word-no-lock" safety refuted "-DCLASS=$n" -DDESKS=2 \
		-DBUG_NO_LOCK
done
configuration marker-short-window safety refuted -DCLASS=3 -DBUG_SHORT_WINDOW
configuration field-short-window safety refuted -DCLASS=5 -DBUG_SHORT_WINDOW
configuration field-blind safety refuted -DCLASS=5 -DBUG_BLIND
configuration key-unchecked safety refuted -DCLASS=1 -DBUG_KEY_UNCHECKED
configuration key-checked-early safety refuted -DCLASS=1 \
	-DBUG_KEY_CHECKED_EARLY
configuration key-done-early truthful refuted -DCLASS=1 -DBUG_DONE_EARLY
configuration marker-done-early truthful refuted -DCLASS=3 -DBUG_DONE_EARLY
configuration unique-forget-row safety refuted -DCLASS=2 -DBUG_FORGET_ROW
configuration marker-no-lane safety refuted -DCLASS=3 -DBUG_NO_LANE
configuration marker-undo-late safety refuted -DCLASS=3 -DBUG_UNDO_LATE
configuration marker-overtaken safety refuted -DCLASS=3 -DLATER -DBUG_OVERTAKEN
configuration nothing-overtaken safety refuted -DCLASS=4 -DLATER \
	-DBUG_OVERTAKEN
configuration marker-sleepers-block today refuted -DCLASS=3 -DLATER \
	-DNO_MORNING -DBUG_SLEEPERS_BLOCK
configuration key-undo-late safety refuted -DCLASS=1 -DBUG_UNDO_LATE

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
