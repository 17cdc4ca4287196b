#!/bin/bash
# SPDX-License-Identifier: MIT
# A backend without versions, without a feed of changes and without an id in its
# answers: a real Redmine.

. "$(dirname "$(readlink -f "$0")")/lib.sh"

M=$S_ROOT/tests/backends/redmine.sh
RM_DIR=$S_WORK/redmine

conf_redmine() {
	mkdir -p "$GALLEY_HOME/config"
	chmod 700 "$GALLEY_HOME" "$GALLEY_HOME/config"
	secret "$GALLEY_HOME/key" "$RM_KEY_AGENT01"
	cat >"$GALLEY_HOME/config/config" <<-END
		[galley]
		undo = 0
		[connector rm]
		manifest = ${2:-redmine}
		base = ${1:-$RM_URL}
		api_key_file = $GALLEY_HOME/key
	END
}

rm_sql() { sqlite3 -cmd '.timeout 5000' "$RM_DB" "$1"; }
rm_put() { # AGENT METHOD PATH JSON
	local key=RM_KEY_$1 code
	code=$(curl -sS -m 60 -o "$T/rm.out" -w '%{http_code}' -X "$2" \
		-H "X-Redmine-API-Key: ${!key}" -H 'Content-Type: application/json' \
		${4:+-d "$4"} "$RM_URL$3")
	[[ $code == 2* ]] || fail "Redmine: $2 $3: $code $(head -c 300 "$T/rm.out")"
}
rm_notes() { # ISSUE TEXT
	rm_sql "select count(*) from journals where journalized_id=$1 and
		notes like '$2%'"
}

same_as_redmine() {
	same issues "$(cache 'select count(*) from ticket where state=0')" \
		"$(rm_sql 'select count(*) from issues')"
	same 'notes' "$(cache "select count(*) from message m join ticket t on
		t.id=m.ticket where t.state=0 and m.kind in ('reply','note')")" \
		"$(rm_sql "select count(*) from journals where notes<>''")"
	same subjects "$(cache "select rid, subject from ticket where state=0
		order by cast(rid as int)")" \
		"$(rm_sql 'select id, subject from issues order by id')"
}

# One synced home for the rest
rm_synced() {
	if [ ! -d "$S_WORK/rm-synced" ]; then
		conf_redmine
		ok sync
		cp -a "$GALLEY_HOME" "$S_WORK/rm-synced"
	fi
	cp -a "$S_WORK/rm-synced" "$GALLEY_HOME.new"
	rm -rf "$GALLEY_HOME"
	mv "$GALLEY_HOME.new" "$GALLEY_HOME"
	conf_redmine "$@"
}

t_sync() {
	rm_synced
	same_as_redmine
	ok sync
	same_as_redmine
}

t_changes() {
	rm_synced
	rm_put AGENT02 PUT /issues/5.json '{"issue":{"subject":"neu benannt"}}'
	rm_put AGENT02 PUT /issues/6.json '{"issue":{"notes":"eine Notiz"}}'
	rm_put AGENT02 POST /issues.json '{"issue":{"project_id":1,"subject":"frisch"}}'
	ok sync
	same_as_redmine
	ok search Notiz
	has 6
}

t_operations() {
	rm_synced
	ok reply 11 '公开的回复'
	ok note 11 '内部备注'
	ok set 12 'status=In Progress' 'subject=umbenannt'
	ok take 20
	ok create --queue Billing 'von hier' 'der Text'
	ok sync
	same left "$(js '.operations|length' outbox)" 0
	same reply "$(rm_sql "select count(*) from journals where
		journalized_id=11 and notes='公开的回复' and private_notes=0")" 1
	same note "$(rm_sql "select count(*) from journals where
		journalized_id=11 and notes='内部备注' and private_notes=1")" 1
	same status "$(rm_sql 'select status_id from issues where id=12')" 2
	same subject "$(rm_sql 'select subject from issues where id=12')" umbenannt
	same owner "$(rm_sql 'select assigned_to_id from issues where id=13')" \
		"$(rm_sql "select id from users where login='agent01'")"
	same created "$(rm_sql "select count(*) from issues where
		subject='von hier' and description='der Text'")" 1
}

t_conflict() {
	rm_synced
	ok set 14 'subject=our word'
	rm_put AGENT02 PUT /issues/14.json '{"issue":{"subject":"their word"}}'
	g sync
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held conflict'
	same 'in Redmine' "$(rm_sql 'select subject from issues where id=14')" \
		'their word'
	ok outbox resolve --ours "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'in Redmine' "$(rm_sql 'select subject from issues where id=14')" \
		'our word'
}

# Redmine says 204 to a status that it does not know, and does nothing
t_refused() {
	rm_synced
	ok set 15 'status=Nonsense'
	ok reply 16 'another one'
	g sync
	same state "$(js '.operations[0].state' outbox)" held
	same 'the other one' "$(rm_notes 16 'another one')" 1
}

t_lost_answer() {
	RT_URL=$RM_URL proxy_start
	rm_synced "$PROXY"
	proxy rule PUT /issues/17.json 1 drop-answer
	ok reply 17 'answer lost'
	G_LIMIT=100 ok sync
	same 'in Redmine' "$(rm_notes 17 'answer lost')" 1
	same left "$(js '.operations|length' outbox)" 0
	ok outbox --state=done
	has 'found on server'
}

s_before() { "$M" reset "$RM_DIR"; }
stop_all() { "$M" destroy "$RM_DIR" 2>/dev/null; }

[ -x "$GALLEY" ] || { echo "no $GALLEY: make all" >&2; exit 1; }
mkdir -p "$S_WORK"
rm -rf "$S_WORK/rm-synced"
[ ! -d "$RM_DIR" ] || stop_all
export GALLEY_TEST_CACHE=${GALLEY_TEST_CACHE:-$B/cache}
"$M" start "$RM_DIR" >/dev/null || exit 1
trap stop_all EXIT
set -a
. "$RM_DIR/env"
set +a

run sync 'every issue with its notes'
run changes 'changed, noted and made by others'
run operations 'reply, note, set, take, create'
run conflict 'no versions: found by reading before writing'
run refused 'a yes that did nothing is a no'
run lost_answer 'the answer is lost: the note is there once'
finish
