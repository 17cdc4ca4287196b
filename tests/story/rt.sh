#!/bin/bash
# SPDX-License-Identifier: MIT
# The story of the program against a real Request Tracker: what a person does
# at the command line, and what RT's own database says afterwards.
#
#   rt.sh [quick|full]     full adds 10,000 tickets with interruptions
#   STORY_ONLY='reply*'    only tests whose names match

. "$(dirname "$(readlink -f "$0")")/lib.sh"

R=$S_ROOT/tests/backends/rt.sh
MODE=${1:-quick}
RT_DIR=$S_WORK/rt

# Threads of live tickets; those of a merged one belong to where it went
VISIBLE="Transactions x join Tickets o on x.ObjectType='RT::Ticket' and
	o.id=x.ObjectId join Tickets t on t.id=o.EffectiveId and t.Type='ticket'
	and t.Status<>'deleted'"
PEOPLE="x.Type in ('Create','Correspond','Comment')"
rt_live() {
	rt_sql "select count(*) from Tickets where Type='ticket' and
		id=EffectiveId and Status<>'deleted'"
}
rt_bodies() {
	rt_sql "select count(*) from $VISIBLE join Attachments a on
		a.TransactionId=x.id where $PEOPLE and a.ContentType='text/plain'"
}
rt_replies() { rt_sql "select count(*) from $VISIBLE where $PEOPLE"; }

# The cache holds what RT holds
same_as_rt() {
	same 'live tickets' "$(cache "select count(*) from ticket where state=0")" \
		"$(rt_live)"
	same 'messages of people' "$(cache "select count(*) from message m join
		ticket t on t.id=m.ticket where t.state=0 and m.state=0 and
		m.kind in ('created','reply','note')")" "$(rt_replies)"
	same 'messages with a text' "$(cache "select count(*) from message m join
		ticket t on t.id=m.ticket where t.state=0 and m.state=0 and
		m.kind in ('created','reply','note') and m.text<>''")" "$(rt_bodies)"
	same 'statuses' "$(cache "select status, count(*) from ticket where state=0
		group by 1 order by 1")" "$(rt_sql "select Status, count(*) from
		Tickets where Type='ticket' and id=EffectiveId and Status<>'deleted'
		group by 1 order by 1")"
	same 'a digest of subjects' \
		"$(cache "select rid, subject from ticket where state=0
			order by cast(rid as int)" | md5sum)" \
		"$(rt_sql "select id, Subject from Tickets where Type='ticket' and
			id=EffectiveId and Status<>'deleted' order by id" | md5sum)"
}


# --- beginning -----------------------------------------------------------------

t_init() {
	secret "$T/token" "$RT_TOKEN_AGENT01"
	ok init --yes --name rt --manifest rt5 --set "base=$RT_URL" \
		--secret-file "token=$T/token"
	local conf=$GALLEY_HOME/config/config
	[ -f "$conf" ] || fail "init wrote no $conf"
	! grep -qF "$RT_TOKEN_AGENT01" "$conf" || fail 'the token is in the file'
	same 'mode of the file' "$(stat -c %a "$conf")" 600
	ok sync
	ok doctor
	hasnt "$RT_TOKEN_AGENT01"
	hasnt 13800000
	has 'rt'
	js .schema doctor >/dev/null
}

t_init_refuses() {
	secret "$T/token" 1-41-wrong
	g init --yes --name rt --manifest rt5 --set "base=$RT_URL" \
		--secret-file "token=$T/token"
	same 'status with a wrong token' "$rc" 77
	[ ! -f "$GALLEY_HOME/config/config" ] || fail 'it wrote the file all the same'
}

t_first_sync() {
	conf_rt
	ok sync
	same_as_rt
	ok sync
	same_as_rt
}

t_killed_sync() {
	conf_rt
	local i pid n=0 before=-1 now
	for i in 1 2 3; do
		"$GALLEY" sync >"$T/out" 2>"$T/err" </dev/null &
		pid=$!
		# killed as soon as something new has landed
		grown() {
			now=$(cache 'select (select count(*) from ticket) +
				(select count(*) from message)' 2>/dev/null) || now=0
			[ "${now:-0}" -gt "$before" ] || ! kill -0 $pid 2>/dev/null
		}
		wait_for 60 grown || fail 'nothing lands'
		before=$now
		kill -KILL $pid 2>/dev/null && n=$((n + 1))
		wait $pid 2>/dev/null
	done
	[ $n -gt 0 ] || fail 'it was never killed in the middle'
	ok sync
	same_as_rt
}

t_interrupted_sync() {
	conf_rt
	local pid
	"$GALLEY" sync >"$T/out" 2>"$T/err" </dev/null &
	pid=$!
	landed() { [ "$(cache 'select count(*) from message' 2>/dev/null || echo 0)" -gt 0 ]; }
	wait_for 60 landed || fail 'nothing lands'
	kill -INT $pid || fail 'it was over already'
	wait $pid
	rc=$?
	[ $rc != 0 ] && [ $rc -lt 128 ] || fail "Ctrl-C: status $rc"
	ok sync
	same_as_rt
}

t_idle_poll() {
	proxy_start
	synced "$PROXY"
	ok sync
	proxy reset
	ok sync
	local n
	n=$(proxy_count)
	[ "$n" -le 2 ] || fail "an idle poll took $n requests: $(proxy stats | tr '\n' ';')"
	[ "$n" -gt 0 ] || fail 'an idle poll asked nothing'
}

# --- what others do in RT ---------------------------------------------------------

t_remote_changes() {
	synced
	local new
	rt_must AGENT03 PUT /ticket/11 '{"Subject":"新的主题 by hand"}'
	rt_must AGENT03 POST /ticket/12/comment \
		'{"Content":"Kassenbeleg geprüft","ContentType":"text/plain"}'
	rt_must AGENT03 PUT /ticket/13 '{"CustomFields":{"Severity":"critical"}}'
	rt_must AGENT03 POST /ticket '{"Queue":"Billing","Subject":"ganz neu",
		"Requestor":"cust9@example.com","Content":"neuer Text","ContentType":"text/plain"}'
	new=$(jq -r .id "$T/rt.out")
	rt_must SUPERVISOR1 DELETE /ticket/14 '{}'
	rt_must AGENT03 PUT /ticket/15 '{"MergeInto":16}'
	ok sync
	same subject "$(js .ticket.subject show 11)" '新的主题 by hand'
	ok show 12
	has 'Kassenbeleg geprüft'
	ok ls 'cf.Severity:critical'
	has 13
	ok show "$new"
	has 'neuer Text'
	g ls '#14' --json
	same 'the deleted one is listed' "$(jq '.tickets|length' "$T/out")" 0
	# a merged id leads to where it went
	same 'merged into' "$(js .ticket.rid show 15)" 16
	same_as_rt
}

t_offline_reads() {
	proxy_start
	synced "$PROXY"
	ok reply 11 'queued before RT went away'
	proxy down
	ok ls
	has 11
	ok ls 'queue:Billing'
	ok show 11
	ok search 退款
	ok search refund
	ok customer 'cust9@example.com'
	ok queues
	ok outbox
	has 'queued before'
	ok log
	g sync
	same 'sync with RT down' "$rc" 69
	ok ls
}

# A text whose transaction is gone: RT breaks on every listing that it is in
t_unreadable() {
	synced
	local broken since
	customer_writes 11 'just before the broken one'
	broken=$(rt_sql "insert into Attachments (TransactionId, Parent,
		ContentType, ContentEncoding, Content, Creator, Created) values
		(999999, 0, 'text/plain', 'none', 'nobody can read this', 1,
		'2026-01-01 00:00:00'); select last_insert_rowid()")
	customer_writes 12 'just after the broken one'
	customer_writes 13 'und noch eine 退款'
	since=$SECONDS
	G_LIMIT=120 ok sync
	has 'quarantine'
	has "$broken"
	ok show 12
	has 'just after the broken one'
	ok search 退款
	has 13
	same_as_rt
	same 'in quarantine' "$(cache "select stream, key, tries from quarantine")" \
		"bodies|$broken|0"
	same 'in JSON' "$(js '.quarantine[0]|.stream+" "+.key' sync)" \
		"bodies $broken"
	ok doctor
	has "$broken"
	ok log
	has 'quarantine'
	# later mail is not held up by it, not even for a while
	customer_writes 14 'the day after'
	ok sync
	ok show 14
	has 'the day after'
	# mended there: a full sync tries it again at once
	rt_sql "update Attachments set TransactionId=(select max(id) from
		Transactions where ObjectId=14 and Type='Correspond')
		where id=$broken"
	G_LIMIT=120 ok sync --full
	hasnt 'quarantine'
	same 'in quarantine, mended' "$(cache "select count(*) from quarantine")" 0
	echo "$((SECONDS - since)) s" >"$T/took"
}

# Old matters are not kept here; RT keeps them, and what is touched comes back
t_retention() {
	rt_sql "update Tickets set Status='resolved',
		LastUpdated='2021-03-04 05:06:07' where id in (11, 12, 13)"
	proxy_start
	conf_rt "$PROXY"
	sed -i '/^\[galley\]/a retention = 400d' "$GALLEY_HOME/config/config"
	ok sync
	same 'still here' "$(js '[.tickets[]|select(.rid|IN("11","12","13"))]|
		length' ls --limit 500)" 0
	same 'their texts' "$(cache "select count(*) from message m join ticket t on
		t.id=m.ticket where t.rid in ('11','12','13')")" 0
	same 'in RT' "$(rt_field 11 Status)" resolved
	ok audit
	has retention
	proxy reset
	ok sync
	[ "$(proxy_count)" -le 2 ] || fail 'they are asked for again'
	rt_must AGENT03 POST /ticket/12/correspond \
		'{"Content":"once more","ContentType":"text/plain"}'
	rt_must AGENT03 PUT /ticket/12 '{"Status":"open"}'
	ok sync
	same 'back again' "$(js .ticket.status show 12)" open
	ok show 12
	has 'once more'
	ok sync --full
	same 'the others' "$(js '[.tickets[]|select(.rid|IN("11","13"))]|length' \
		ls --limit 500)" 0
	same 'the whole thread' "$(cache "select count(*) from message m join ticket t
		on t.id=m.ticket where t.rid='12' and m.state=0 and m.kind in
		('created','reply','note') and m.text<>''")" "$(rt_sql "select count(*)
		from Transactions x join Attachments a on a.TransactionId=x.id where
		x.ObjectType='RT::Ticket' and x.ObjectId=12 and
		a.ContentType='text/plain' and $PEOPLE")"
}

# --- operations ------------------------------------------------------------------

t_ten_queued() {
	proxy_start
	synced "$PROXY"
	proxy down
	ok reply 21 'Antwort eins'
	ok note 21 'Notiz zwei'
	ok reply 21 'Antwort drei'
	ok set 21 status=open
	ok set 22 priority=77
	ok take 24
	ok assign 25 agent03
	ok link 26 refers-to 27
	ok create --queue Billing --customer cust7@example.com \
		"offline gemacht" "erster Text"
	ok reply 23 'Antwort zehn'
	same 'operations that wait' "$(js '.operations|length' outbox)" 10
	g sync
	same 'sync with RT down' "$rc" 69
	same 'still waiting' "$(js '.operations|length' outbox)" 10
	proxy up
	ok sync
	same 'left in the outbox' "$(js '.operations|length' outbox)" 0
	same 'Antwort eins' "$(rt_texts 21 Correspond 'Antwort eins')" 1
	same 'Notiz zwei' "$(rt_texts 21 Comment 'Notiz zwei')" 1
	same 'Antwort drei' "$(rt_texts 21 Correspond 'Antwort drei')" 1
	same 'Antwort zehn' "$(rt_texts 23 Correspond 'Antwort zehn')" 1
	same order "$(rt_sql "select group_concat(substr(Content, 1, 7), ',') from
		(select a.Content from Transactions x join Attachments a on
		a.TransactionId=x.id where x.ObjectType='RT::Ticket' and x.ObjectId=21 and
		x.Type in ('Correspond','Comment') and (a.Content like 'Antwort%'
		or a.Content like 'Notiz%') order by x.id)")" Antwort,'Notiz z',Antwort
	same status "$(rt_field 21 Status)" open
	same priority "$(rt_field 22 Priority)" 77
	same 'taken by' "$(rt_sql "select Name from Users where id=
		$(rt_field 24 Owner)")" agent01
	same 'assigned to' "$(rt_sql "select Name from Users where id=
		$(rt_field 25 Owner)")" agent03
	same links "$(rt_sql "select count(*) from Links where LocalBase=26 and
		LocalTarget=27 and Type='RefersTo'")" 1
	same created "$(rt_sql "select count(*) from Tickets where
		Subject='offline gemacht'")" 1
	ok sync
	same_as_rt
}

t_refused() {
	synced
	ok set 31 status=nosuchstatus
	ok reply 32 'goes out all the same'
	g sync
	has "isn't a valid status"
	same 'the other one' "$(rt_texts 32 Correspond 'goes out')" 1
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held refused'
	js '.operations[0].error' outbox >/dev/null
	grep -q "isn't a valid status" "$T/out" || fail "RT's words are lost"
	same 'in RT' "$(rt_field 31 Status)" new
	ok outbox discard "$(js '.operations[0].uid' outbox)"
	same 'on screen afterwards' "$(js .ticket.status show 31)" new
}

t_disjoint() {
	proxy_start
	synced "$PROXY"
	ok set 33 priority=55
	rt_must AGENT03 PUT /ticket/33 '{"Subject":"changed by another"}'
	ok sync
	same 'ours' "$(rt_field 33 Priority)" 55
	same 'theirs' "$(rt_field 33 Subject)" 'changed by another'
	same 'left' "$(js '.operations|length' outbox)" 0
}

conflict_on() { # TICKET
	ok set "$1" 'subject=our word'
	rt_must AGENT03 PUT "/ticket/$1" '{"Subject":"their word"}'
	g sync
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held conflict'
	same 'nothing was overwritten' "$(rt_field "$1" Subject)" 'their word'
	ok outbox show "$(js '.operations[0].uid' outbox)"
	has 'our word'
	has 'their word'
}

t_same_field_ours() {
	synced
	conflict_on 34
	ok outbox resolve --ours "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'in RT' "$(rt_field 34 Subject)" 'our word'
	same left "$(js '.operations|length' outbox)" 0
}

t_same_field_theirs() {
	synced
	conflict_on 35
	ok outbox resolve --theirs "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'in RT' "$(rt_field 35 Subject)" 'their word'
	same 'on screen' "$(js .ticket.subject show 35)" 'their word'
	same left "$(js '.operations|length' outbox)" 0
}

t_stale_reply() {
	synced
	ok reply 36 'written before the customer did'
	customer_writes 36 'wait, I have found it'
	g sync
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held stale'
	same 'in RT' "$(rt_texts 36 Correspond 'written before')" 0
	ok outbox confirm "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'in RT after the word' "$(rt_texts 36 Correspond 'written before')" 1
	same left "$(js '.operations|length' outbox)" 0
}

t_lost_answer() {
	proxy_start
	synced "$PROXY"
	proxy rule POST /REST/2.0/ticket/37/correspond 1 drop-answer
	ok reply 37 'its answer gets lost'
	local uid
	uid=$(js '.operations[0].uid' outbox)
	G_LIMIT=100 g sync
	same 'replies in RT' "$(rt_texts 37 Correspond 'its answer')" 1
	same how "$(js ".operations[]|select(.uid==\"$uid\")|.state+\" \"+.how" \
		outbox --state=done)" 'done found on server'
	ok outbox --state=done
	has 'found on server'
	ok sync
	same 'replies in RT later' "$(rt_texts 37 Correspond 'its answer')" 1
}

# A manifest whose lost requests are given up after two seconds
hasty() {
	sed -E "s/\"settle_s\": [0-9]+/\"settle_s\": ${1:-2}/" \
		data/connectors/rt5.json >"$T/hasty.json"
	echo "$T/hasty.json"
}

t_never_arrived() {
	proxy_start
	synced "$PROXY" "$RT_TOKEN_AGENT01" "$(hasty)"
	proxy rule POST /REST/2.0/ticket/38/correspond 1 rst:before
	ok reply 38 'the first try is lost'
	local uid
	uid=$(js '.operations[0].uid' outbox)
	G_LIMIT=100 g sync
	case "$(js '.operations[0].state' outbox show "$uid")" in
	held)
		# nobody can know: a question with what was looked at
		same reason "$(js '.operations[0].reason' outbox)" unknown
		ok outbox show "$uid"
		has baseline
		same 'replies in RT' "$(rt_texts 38 Correspond 'the first')" 0
		ok outbox retry "$uid"
		ok sync
		;;
	esac
	same 'replies in RT' "$(rt_texts 38 Correspond 'the first')" 1
}

# Killed while the answer is on its way, and meanwhile the same person has
# written the same words in RT's own page
t_several() {
	proxy_start
	synced "$PROXY"
	proxy rule POST /REST/2.0/ticket/39/correspond 1 stall:30000
	ok reply 39 'twice the same'
	"$GALLEY" sync >"$T/out" 2>"$T/err" </dev/null &
	local pid=$!
	arrived() { [ "$(rt_texts 39 Correspond 'twice the same')" = 1 ]; }
	wait_for 30 arrived || fail 'the reply does not reach RT'
	kill -KILL $pid
	wait $pid 2>/dev/null
	rt_must AGENT01 POST /ticket/39/correspond \
		'{"Content":"twice the same","ContentType":"text/plain"}'
	G_LIMIT=100 g sync
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held several'
	ok outbox show "$(js '.operations[0].uid' outbox)"
	has 'did it arrive?'
	ok outbox sent "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'replies in RT' "$(rt_texts 39 Correspond 'twice the same')" 2
	same left "$(js '.operations|length' outbox)" 0
}

t_server_trouble() {
	proxy_start
	synced "$PROXY" "$RT_TOKEN_AGENT01" "$(hasty)"
	proxy rule POST /REST/2.0/ticket/40 1 status:429:1
	proxy rule PUT /REST/2.0/ticket/41 1 status:503:1
	ok reply 40 'after a 429'
	ok set 41 priority=44
	G_LIMIT=100 ok sync
	same 'replies in RT' "$(rt_texts 40 Correspond 'after a 429')" 1
	same priority "$(rt_field 41 Priority)" 44
	proxy rule GET / 1 html
	proxy rule GET / 1 garbage
	proxy rule GET / 1 cut:200
	rt_must AGENT03 PUT /ticket/42 '{"Subject":"after the rubbish"}'
	G_LIMIT=100 g sync
	G_LIMIT=100 ok sync
	same subject "$(js .ticket.subject show 42)" 'after the rubbish'
	same_as_rt
}

t_undo() {
	UNDO=60s synced
	ok reply 43 'said too early'
	ok outbox undo "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'replies in RT' "$(rt_texts 43 Correspond 'said too')" 0
	same left "$(js '.operations|length' outbox)" 0
}

t_wait() {
	synced
	ok reply 44 --wait 'and wait for it'
	same 'replies in RT' "$(rt_texts 44 Correspond 'and wait')" 1
	g_in 'from a pipe, 你好' reply 44 --wait
	same status "$rc" 0
	ok show 44
	has 'from a pipe, 你好'
	g reply 44
	same 'no text' "$rc" 2
	g reply 44 --dry-run 'only shown'
	same status "$rc" 0
	same left "$(js '.operations|length' outbox)" 0
	ok merge 45 46 --wait --yes
	same 'merged in RT' "$(rt_field 45 EffectiveId)" 46
}

t_do() {
	synced
	local before ids
	before=$(js '[.tickets[].rid]|sort|join(",")' ls --limit 500 'queue:Billing priority:<20')
	ok do set priority=90 --query 'queue:Billing priority:<20' \
		--plan-out "$T/plan.json"
	same 'nothing has happened yet' "$(js '.operations|length' outbox)" 0
	ok do --yes --now --plan "$T/plan.json" --inverse "$T/back.json"
	ok sync
	ids=$(rt_sql "select group_concat(id) from (select cast(t.id as text) as id from
		Tickets t join Queues q on q.id=t.Queue where q.Name='Billing' and
		t.Priority=90 order by 1)")
	same 'changed in RT' "$ids" "$before"
	# applied a second time it finds nothing to do
	ok do --yes --now --plan "$T/plan.json"
	same left "$(js '.operations|length' outbox)" 0
	ok do --yes --now --plan "$T/back.json"
	ok sync
	same 'changed back' "$(js '[.tickets[].rid]|sort|join(",")' ls --limit 500 \
		'queue:Billing priority:<20')" "$before"
}

# --- for programs ---------------------------------------------------------------

t_json() {
	synced
	ok reply 11 'for the outbox'
	local c
	for c in 'ls' 'show 11' 'search refund' 'customer cust9@example.com' \
		'queues' 'outbox' 'log' 'doctor' 'articles' 'connector list'; do
		# shellcheck disable=SC2086
		g $c --json
		[ "$rc" -le 1 ] || fail "galley $c --json ended with $rc: $(cat "$T/err")"
		jq -e '.galley == 1 and (.schema|test("^[a-z-]+/[0-9]+$"))' "$T/out" \
			>/dev/null || fail "galley $c --json: $(head -c 200 "$T/out")"
	done
	ok ls --jsonl
	jq -e . "$T/out" >/dev/null || fail 'ls --jsonl'
	printf '11\n12\n' | "$GALLEY" set - priority=3 >"$T/out" 2>"$T/err" ||
		fail "ids from standard input: $(cat "$T/err")"
	same 'two operations' "$(js '[.operations[]|select(.op=="ticket.set")]|
		length' outbox)" 2
}

t_exit_codes() {
	exits 78 ls
	conf_rt http://127.0.0.1:1
	exits 2 nosuchcommand
	exits 2 ls --nosuchoption
	exits 69 sync
	synced
	exits 1 ls 'subject:thereisnosuchword'
	exits 2 ls 'nosuchfield:1'
	has 'column 1'
	exits 2 show 999999
	conf_rt "$RT_URL" 1-41-0000000000000000000000000000
	exits 77 sync
	sed -i 's/^manifest.*/manifst = rt5/' "$GALLEY_HOME/config/config"
	exits 78 ls
	grep -q 'config:[0-9]*:[0-9]*: ' "$T/err" || fail "no place: $(cat "$T/err")"
}

t_secrets() {
	proxy_start
	synced "$PROXY"
	ok reply 11 'Rufnummer 13912345678'
	proxy rule GET / 1 status:500
	g sync
	ok doctor
	hasnt "$RT_TOKEN_AGENT01"
	! grep -rqF "$RT_TOKEN_AGENT01" "$GALLEY_HOME" --exclude=token ||
		fail "the token is in $(grep -rlF "$RT_TOKEN_AGENT01" "$GALLEY_HOME" --exclude=token)"
	! grep -rqE '139123|1380000' "$GALLEY_HOME/state" ||
		fail "a phone number is in the log: $(grep -rhoE -m1 '.{20}13[89][0-9]{4,}' "$GALLEY_HOME/state")"
	local mode
	while read -r mode; do
		[ "$mode" = 600 ] || fail "a file of the home has mode $mode"
	done < <(find "$GALLEY_HOME" -type f -printf '%m\n' | sort -u)
}

# --- dying ------------------------------------------------------------------------

# Operations that leave a trace each; the end state in RT and in the cache
die_setup() {
	synced "$RT_URL" "$RT_TOKEN_AGENT01" "$(hasty 5)"
	ok reply 51 'one and only'
	ok note 51 'one note'
	ok set 52 priority=66
}

die_state() {
	rt_texts 51 Correspond 'one and only'
	rt_texts 51 Comment 'one note'
	rt_field 52 Priority
	js '.operations|length' outbox
	cache "select count(*) from message m join ticket t on t.id=m.ticket where
		t.rid='51' and m.state=0 and m.kind in ('created','reply','note')"
}

# What died between "sending" and the first byte is asked about when the time
# is over in which it could arrive: it did not
die_decide() {
	local uid
	for uid in $(js '.operations[]|select(.reason == "unknown").uid' outbox); do
		ok outbox retry "$uid"
	done
	[ -z "${uid:-}" ] || G_LIMIT=100 ok sync
}

t_dying() {
	local n i want
	die_setup
	ok sync
	want=$(die_state)
	same 'undisturbed' "$(head -n 4 <<<"$want" | tr '\n' ' ')" '1 1 66 0 '
	for ((n = 1, i = 0; i < 400; n += DIE_STEP, i++)); do
		"$R" reset "$RT_DIR"
		die_setup
		GALLEY_DIE_AT=$n g sync
		[ "$rc" != 0 ] || break
		G_LIMIT=100 g sync
		die_decide
		same "after dying at step $n (status $rc: $(tail -n 1 "$T/err"))" \
			"$(die_state)" "$want"
		ok sync
		same "second sync after step $n" "$(die_state)" "$want"
	done
	[ "$i" -gt 2 ] || fail "it died $i times only"
	echo "died $i times" >>"$T/log"
}

# --- ten thousand -------------------------------------------------------------------

t_big() {
	conf_rt "$PROXY"
	local pid rows
	rows() { cache 'select (select count(*) from ticket where state=0) +
		(select count(*) from message)' 2>/dev/null || echo 0; }
	reaches() { [ "$(rows)" -ge "$1" ] || ! kill -0 "$pid" 2>/dev/null; }
	begin() {
		"$GALLEY" sync >>"$T/out" 2>>"$T/err" </dev/null &
		pid=$!
	}
	begin
	wait_for 300 reaches 4000 || fail 'slow: no 4000 rows in 300 s'
	kill -KILL $pid || fail "it ended by itself: $(tail -n 3 "$T/err")"
	wait $pid 2>/dev/null
	begin
	wait_for 300 reaches 9000
	kill -INT $pid || fail "it ended by itself: $(tail -n 3 "$T/err")"
	wait $pid
	rc=$?
	[ $rc != 0 ] && [ $rc -lt 128 ] || fail "Ctrl-C: status $rc"
	begin
	wait_for 300 reaches 14000
	"$R" stop "$RT_DIR"
	troubled() {
		grep -qE 'HTTP 502|offline' "$GALLEY_HOME/state/galley.log" ||
			! kill -0 "$pid" 2>/dev/null
	}
	wait_for 90 troubled || fail 'nobody notices that RT is gone'
	"$R" start "$RT_DIR" >/dev/null
	# it has given up with 69 or goes on by itself
	wait $pid
	rc=$?
	[ $rc = 0 ] || [ $rc = 69 ] || fail "RT going away: status $rc"
	G_LIMIT=1500 ok sync
	same_as_rt
	proxy reset
	ok sync
	[ "$(proxy_count)" -le 2 ] || fail "an idle poll took $(proxy_count) requests"
}

# --- the run ------------------------------------------------------------------------

s_before() { "$R" reset "$RT_DIR"; }

stop_all() { cp "$RT_DIR/var/log/server.out" "$S_WORK/rt.log" 2>/dev/null; "$R" destroy "$RT_DIR" 2>/dev/null; }

prepare() {
	[ -x "$GALLEY" ] || { echo "no $GALLEY: make all" >&2; exit 1; }
	mkdir -p "$S_WORK"
	[ ! -d "$RT_DIR" ] || stop_all
	export GALLEY_TEST_CACHE=${GALLEY_TEST_CACHE:-$B/cache}
	"$R" start "$RT_DIR" "$1" >/dev/null || exit 1
	trap stop_all EXIT
	set -a
	. "$RT_DIR/env"
	set +a
}

# One home that has read everything, copied by `synced`
prepare_home() {
	export T=$S_WORK/prepare GALLEY_HOME=$S_WORK/synced
	rm -rf "$T" "$GALLEY_HOME"
	mkdir -p "$T" "$GALLEY_HOME"
	chmod 700 "$GALLEY_HOME"
	( conf_rt; ok sync ) || { echo "FAIL first sync: $(cat "$T/why")"; }
}

story() {
	run init 'a configuration without a secret in it, a page for doctor'
	run init_refuses 'a wrong token is found at once'
	run first_sync 'everything RT shows is here, and nothing else'
	run killed_sync 'kill -9 in the middle, and on'
	run interrupted_sync 'Ctrl-C in the middle, and on'
	run idle_poll 'nothing new costs at most two requests'
	run remote_changes 'change, comment, create, delete, merge in RT'
	run unreadable 'one record RT breaks on: all others, and it is named'
	run offline_reads 'RT is down: everything reads'
	run retention 'what is closed for long leaves the cache, not RT'
	run ten_queued 'ten operations written offline: each once, in order'
	run refused "held with RT's words; others go on"
	run disjoint 'two people, two fields: both'
	run same_field_ours 'two people, one field: ours'
	run same_field_theirs 'two people, one field: theirs'
	run stale_reply 'the customer was faster: a person decides'
	run lost_answer 'the answer is lost: the reply is there once'
	run never_arrived 'the request is lost: never twice'
	run several 'two look like it: a question, with what was found'
	run server_trouble '503, 429, HTML, rubbish, a cut answer'
	run undo 'taken back before it left'
	run wait 'reply --wait, from a pipe, dry run, merge'
	run do 'a plan, applied, applied again, undone'
	run json 'one envelope for programs'
	run exit_codes 'statuses say who must act'
	run secrets 'no secret and no phone number in any file'
	run dying 'kill -9 at durable steps: the end is the same'
}

case $MODE in
quick)
	DIE_STEP=${DIE_STEP:-13}
	prepare small
	prepare_home
	story
	;;
full)
	DIE_STEP=1 S_LIMIT=1800
	prepare small
	prepare_home
	story
	stop_all
	prepare big
	export T=$S_WORK/bigproxy
	mkdir -p "$T"
	proxy_start
	s_before() { :; }
	run big '10,000 tickets through kill -9, Ctrl-C and RT going away'
	proxy_stop
	;;
*)
	sed -n 's/^# \{0,3\}//p' "$0" | sed -n 3,7p >&2
	exit 2
	;;
esac
finish
