#!/bin/bash
# SPDX-License-Identifier: MIT
# The knowledge base: articles of a real MediaWiki read, searched and edited.

. "$(dirname "$(readlink -f "$0")")/lib.sh"

W=$S_ROOT/tests/backends/mw.sh
MW_DIR=$S_WORK/mw

conf_wiki() {
	mkdir -p "$GALLEY_HOME/config"
	chmod 700 "$GALLEY_HOME" "$GALLEY_HOME/config"
	secret "$GALLEY_HOME/password" "${1:-$MW_PASSWORD}"
	cat >"$GALLEY_HOME/config/config" <<-END
		[connector kb]
		manifest = mediawiki
		base = $MW_URL
		user = $MW_USER
		password_file = $GALLEY_HOME/password
	END
}

mw_sql() { sqlite3 -cmd '.timeout 5000' "$MW_DB" "$1"; }

# as USER: logs in; then act KEY=VALUE... with a token
as() {
	local jar=$T/jar.$1 t
	MW_JAR=$jar
	[ ! -s "$jar" ] || return 0
	t=$(api action=query meta=tokens type=login | jq -r .query.tokens.logintoken)
	api action=login "lgname=$1@galley" "lgpassword=$MW_PASSWORD" \
		"lgtoken=$t" | jq -e '.login.result == "Success"' >/dev/null ||
		fail "$1 cannot log in"
}

api() {
	local a args=()
	for a; do args+=(--data-urlencode "$a"); done
	curl -sS -m 30 -b "$MW_JAR" -c "$MW_JAR" "${args[@]}" -d format=json \
		-d formatversion=2 "$MW_URL/api.php"
}

act() {
	local t
	t=$(api action=query meta=tokens | jq -r .query.tokens.csrftoken)
	api "$@" "token=$t" >"$T/api.out"
	jq -e 'has("error")|not' "$T/api.out" >/dev/null ||
		fail "the wiki: $(head -c 300 "$T/api.out")"
}

# The text that the wiki shows now
wiki_text() { # PAGEID
	api action=query prop=revisions rvprop=content rvslots=main "pageids=$1" |
		jq -r '.query.pages[0].revisions[0].slots.main.content'
}
wiki_revisions() {
	mw_sql "select count(*) from revision where rev_page=$1"
}

article() { js ".article$1" articles show "$2"; }

same_as_wiki() {
	same articles "$(cache "select count(*) from article where state=0")" \
		"$(mw_sql 'select count(*) from page where page_namespace=0')"
	same revisions "$(cache "select rid, version from article where state=0
		order by cast(rid as int)")" "$(mw_sql 'select page_id, page_latest
		from page where page_namespace=0 order by 1')"
	same 'without a text' "$(cache "select count(*) from article where state=0
		and (text is null or text='')")" 0
}

t_sync() {
	conf_wiki
	ok sync
	same_as_wiki
	ok sync
	same_as_wiki
}

t_search() {
	conf_wiki
	ok sync
	ok search 主管批准
	has 'KB-001'
	ok search 'verify identity'
	has 'KB-002'
	ok articles
	has '退款流程'
}

t_changes() {
	conf_wiki
	ok sync
	as Editor1
	act action=edit pageid=5 'text=整个换掉了'
	act action=delete pageid=7
	act action=move fromid=9 'to=KB-008 somewhere else' noredirect=1
	act action=edit 'title=KB-900 new' 'text=brand new'
	ok sync
	same_as_wiki
	same 'a text' "$(cache "select text from article where rid='5'")" 整个换掉了
	same 'a title' "$(cache "select title from article where rid='9'")" \
		'KB-008 somewhere else'
	same 'the deleted one' "$(cache "select state from article where rid='7'")" 2
	act action=undelete 'title=KB-006 Refund procedure'
	ok sync
	same_as_wiki
}

t_edit() {
	conf_wiki
	ok sync
	g_in '新的正文 by galley' articles edit 11
	same status "$rc" 0
	ok sync
	as Agent01
	same 'in the wiki' "$(wiki_text 11)" '新的正文 by galley'
	same revisions "$(wiki_revisions 11)" 2
	same left "$(js '.operations|length' outbox)" 0
	same_as_wiki
}

t_conflict() {
	conf_wiki
	ok sync
	as Editor1
	g_in 'our version' articles edit 13
	act action=edit pageid=13 'text=their version'
	g sync
	same state "$(js '.operations[0]|.state+" "+.reason' outbox)" 'held conflict'
	same 'in the wiki' "$(wiki_text 13)" 'their version'
	ok outbox show "$(js '.operations[0].uid' outbox)"
	has 'our version'
	has 'their version'
	ok outbox resolve --ours "$(js '.operations[0].uid' outbox)"
	ok sync
	same 'in the wiki' "$(wiki_text 13)" 'our version'
	same left "$(js '.operations|length' outbox)" 0
}

t_session_lost() {
	conf_wiki
	ok sync
	"$W" reset "$MW_DIR" # forgets who was logged in
	g_in 'after the session was lost' articles edit 15
	ok sync
	as Agent01
	same 'in the wiki' "$(wiki_text 15)" 'after the session was lost'
}

t_wrong_password() {
	conf_wiki 0123456789abcdef0123456789wrong0
	exits 77 sync
	! grep -rqF 0123456789wrong "$GALLEY_HOME" --exclude=password ||
		fail 'the password is in a file'
}

s_before() { "$W" reset "$MW_DIR"; }
stop_all() { "$W" destroy "$MW_DIR" 2>/dev/null; }

[ -x "$GALLEY" ] || { echo "no $GALLEY: make all" >&2; exit 1; }
mkdir -p "$S_WORK"
[ ! -d "$MW_DIR" ] || stop_all
export GALLEY_TEST_CACHE=${GALLEY_TEST_CACHE:-$B/cache}
"$W" start "$MW_DIR" >/dev/null || exit 1
trap stop_all EXIT
set -a
. "$MW_DIR/env"
set +a
MW_JAR=$S_WORK/jar

run sync 'every article with its text, once'
run search 'Chinese and English'
run changes 'edited, deleted, moved, made, restored'
run edit 'an article written here is in the wiki'
run conflict 'someone else saved meanwhile'
run session_lost 'logged out between two syncs'
run wrong_password 'says so, and keeps it to itself'
finish
