#!/bin/bash
# SPDX-License-Identifier: MIT
# Two backends in one configuration: tickets of a real Request Tracker and
# articles of a real MediaWiki. Each gets what is its own, and neither waits for
# the other.

. "$(dirname "$(readlink -f "$0")")/lib.sh"

R=$S_ROOT/tests/backends/rt.sh
W=$S_ROOT/tests/backends/mw.sh
RT_DIR=$S_WORK/two-rt
MW_DIR=$S_WORK/two-mw

mw_sql() { sqlite3 -cmd '.timeout 5000' "$MW_DB" "$1"; }
# The text of an article's newest revision, as the wiki's database has it
wiki_text() { # PAGEID
	mw_sql "select t.old_text from page p
		join slots s on s.slot_revision_id=p.page_latest
		join content c on c.content_id=s.slot_content_id
		join text t on 'tt:'||t.old_id=c.content_address
		where p.page_id=$1"
}

# conf_two [RT_URL [MW_URL]]: both connectors, in this order
conf_two() {
	conf_rt "${1:-$RT_URL}"
	secret "$GALLEY_HOME/password" "$MW_PASSWORD"
	cat >>"$GALLEY_HOME/config/config" <<-END
		[connector kb]
		manifest = mediawiki
		base = ${2:-$MW_URL}
		user = $MW_USER
		password_file = $GALLEY_HOME/password
	END
}

# A home that has read both once
two_synced() {
	if [ ! -d "$S_WORK/two-synced" ]; then
		conf_two
		ok sync
		cp -a "$GALLEY_HOME" "$S_WORK/two-synced"
	fi
	cp -a "$S_WORK/two-synced" "$GALLEY_HOME.new"
	rm -rf "$GALLEY_HOME"
	mv "$GALLEY_HOME.new" "$GALLEY_HOME"
	conf_two "$@"
}

same_as_both() {
	same tickets "$(cache "select count(*) from ticket t join connector c on
		c.id=t.connector where t.state=0 and c.name='rt'")" \
		"$(rt_sql "select count(*) from Tickets where Type='ticket' and
			id=EffectiveId and Status<>'deleted'")"
	same articles "$(cache "select a.rid, a.version from article a join
		connector c on c.id=a.connector where a.state=0 and c.name='kb'
		order by cast(a.rid as int)")" "$(mw_sql 'select page_id,
		page_latest from page where page_namespace=0 order by 1')"
	same strangers "$(cache "select (select count(*) from ticket t join
		connector c on c.id=t.connector where c.name='kb') + (select
		count(*) from article a join connector c on c.id=a.connector
		where c.name='rt')")" 0
}

t_init_second() {
	secret "$T/token" "$RT_TOKEN_AGENT01"
	secret "$T/password" "$MW_PASSWORD"
	ok init --yes --name rt --manifest rt5 --set "base=$RT_URL" \
		--secret-file "token=$T/token"
	exits 2 init --yes --name rt --manifest mediawiki \
		--set "base=$MW_URL" --set "user=$MW_USER" \
		--secret-file "password=$T/password"
	ok init --yes --name kb --manifest mediawiki --set "base=$MW_URL" \
		--set "user=$MW_USER" --secret-file "password=$T/password"
	same connectors "$(grep -c '^\[connector' "$GALLEY_HOME/config/config")" 2
	ok sync
	same_as_both
	same 'those that sync names' \
		"$(js '[.connectors[]|.connector+" "+.state]|join(", ")' sync)" \
		'rt ok, kb ok'
	ok doctor
	has rt
	has kb
	hasnt "$MW_PASSWORD"
	hasnt "$RT_TOKEN_AGENT01"
}

t_reading() {
	two_synced
	ok search refund
	has 'KB-0'
	same 'kinds found' "$(js '[.hits[]|.kind+" "+(.id|split(":")[0])]|unique|
		join(", ")' search --limit 200 refund)" 'article kb, message rt, ticket rt'
	same 'a name without its backend' "$(js .ticket.rid show 11)" 11
	same 'a name with it' "$(js .ticket.rid show rt:11)" 11
	exits 2 show kb:11
	exits 2 show nosuch:11
	same 'an article' "$(js .article.rid articles show kb:11)" 11
	exits 2 articles show rt:11
	js '[.tickets[].id]|.[0]' ls >/dev/null
	has rt:
}

t_writing() {
	two_synced
	ok reply rt:11 'for the tracker'
	ok set rt:12 priority=71
	ok create --connector rt --queue Billing --customer cust7@example.com \
		'with two backends' 'the text'
	g_in 'for the wiki' articles edit kb:11
	same status "$rc" 0
	ok sync
	same left "$(js '.operations|length' outbox)" 0
	same 'the reply' "$(rt_texts 11 Correspond 'for the tracker')" 1
	same priority "$(rt_field 12 Priority)" 71
	same created "$(rt_sql "select count(*) from Tickets where
		Subject='with two backends'")" 1
	same 'the article' "$(wiki_text 11)" 'for the wiki'
	ok sync
	same_as_both
}

t_rt_down() {
	proxy_start
	two_synced "$PROXY"
	proxy down
	ok reply rt:13 'when RT is back'
	g_in 'while RT is away' articles edit kb:13

	exits 69 sync
	same 'the article went' "$(wiki_text 13)" 'while RT is away'
	same 'what waits' "$(js '[.operations[].connector]|join(",")' outbox)" rt
	proxy up
	ok sync
	same 'the reply' "$(rt_texts 13 Correspond 'when RT is back')" 1
	same left "$(js '.operations|length' outbox)" 0
	same_as_both
}

t_wiki_down() {
	two_synced
	"$W" stop "$MW_DIR"
	ok reply rt:14 'without the wiki'
	g_in 'when the wiki is back' articles edit kb:15
	rt_must AGENT03 PUT /ticket/15 '{"Subject":"changed meanwhile"}'
	g sync
	local code=$rc subject replies
	subject=$(js .ticket.subject show rt:15)
	replies=$(rt_texts 14 Correspond 'without the wiki')
	"$W" start "$MW_DIR" >/dev/null || fail 'the wiki does not start again'
	same status "$code" 69
	same 'the reply' "$replies" 1
	same 'what changed in RT' "$subject" 'changed meanwhile'
	ok sync
	same 'the article' "$(wiki_text 15)" 'when the wiki is back'
	same left "$(js '.operations|length' outbox)" 0
	same_as_both
}

# RT takes the connection and says nothing: the wiki's part is done long before
# anybody gives up on RT
t_rt_hangs() {
	proxy_start
	two_synced "$PROXY"
	proxy rule GET / 50 stall:60000
	ok reply rt:16 'after the silence'
	g_in 'during the silence' articles edit kb:17
	"$GALLEY" sync >"$T/out" 2>"$T/err" </dev/null &
	local pid=$!
	arrived() { [ "$(wiki_text 17)" = 'during the silence' ]; }
	wait_for 20 arrived || fail 'the wiki waits for RT'
	gone() { [ "$(js '[.operations[]|select(.connector=="kb")]|length' outbox)" = 0 ]; }
	wait_for 20 gone || fail 'what the wiki has confirmed waits for RT'
	kill -0 $pid 2>/dev/null || fail 'RT did not hang'
	kill -INT $pid
	wait $pid
	proxy reset
	proxy clear
	ok sync
	same 'the reply' "$(rt_texts 16 Correspond 'after the silence')" 1
	same_as_both
}

# Refused credentials of one, a secret that is missing: the other goes on
t_one_refused() {
	two_synced
	secret "$GALLEY_HOME/token" 1-41-0000000000000000000000000000
	g_in 'RT says no' articles edit kb:19
	exits 77 sync
	same 'the article' "$(wiki_text 19)" 'RT says no'
	rm "$GALLEY_HOME/token"
	g_in 'no token at all' articles edit kb:19
	g sync
	[ "$rc" != 0 ] || fail 'nobody says that a secret is missing'
	has 'rt: '
	same 'the article' "$(wiki_text 19)" 'no token at all'
	secret "$GALLEY_HOME/token" "$RT_TOKEN_AGENT01"
	ok sync
	same_as_both
}

s_before() {
	"$R" reset "$RT_DIR"
	"$W" reset "$MW_DIR"
}
stop_all() {
	"$R" destroy "$RT_DIR" 2>/dev/null
	"$W" destroy "$MW_DIR" 2>/dev/null
}

[ -x "$GALLEY" ] || { echo "no $GALLEY: make all" >&2; exit 1; }
mkdir -p "$S_WORK"
rm -rf "$S_WORK/two-synced"
stop_all
export GALLEY_TEST_CACHE=${GALLEY_TEST_CACHE:-$B/cache}
trap stop_all EXIT
"$R" start "$RT_DIR" small >/dev/null || exit 1
"$W" start "$MW_DIR" >/dev/null || exit 1
set -a
. "$RT_DIR/env"
. "$MW_DIR/env"
set +a

run init_second 'a second backend beside the first, one sync for both'
run reading 'search finds both, a name reaches the right one'
run writing 'reply, set, create here, an article there'
run rt_down 'RT is down: the wiki is worked'
run wiki_down 'the wiki is down: RT is worked'
run rt_hangs 'RT says nothing: the wiki does not wait'
run one_refused 'one is refused: the other goes on'
finish
