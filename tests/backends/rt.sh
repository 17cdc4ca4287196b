#!/bin/bash
# SPDX-License-Identifier: MIT
#: rt.sh start DIR [small|big]   a Request Tracker 5 of its own in DIR; prints
#:                               and writes DIR/env. On a DIR that was stopped:
#:                               goes on with its data, on the same port
#: rt.sh stop DIR                stops it, keeps the data
#: rt.sh reset DIR               back to the image, while it runs
#: rt.sh destroy DIR             stops it and removes DIR
#
# small: 60 tickets made through RT's own API; big: 10,000, cloned from those by
# SQL. RT_WORKERS (2) is how many requests it serves at once.

. "$(dirname "$(readlink -f "$0")")/common.sh"

SEED=$BE_HERE/rt-seed.pl
SERVER=/usr/share/request-tracker5/libexec/rt-server
BIG=${RT_BIG:-10000}

# rt_config DIR PORT: every path and the port, so that nothing of /etc is used
rt_config() {
	local d=$1
	mkdir -p "$d"/{etc/more,var/log,var/data/gpg,var/data/smime,mason,session}
	cat >"$d/etc/RT_SiteConfig.pm" <<-END
		use utf8;
		Set(\$rtname, 'rt.test');
		Set(\$Organization, 'rt.test');
		Set(\$Timezone, 'UTC');
		Set(\$WebDomain, '127.0.0.1');
		Set(\$WebPort, $2);
		Set(\$WebPath, '');
		Set(\$WebBaseURL, 'http://127.0.0.1:$2');
		Set(\$WebURL, 'http://127.0.0.1:$2/');
		Set(\$CanonicalizeRedirectURLs, 0);
		# no mail leaves; the default cost of 12 is 0.3 s a request
		Set(\$MailCommand, 'testfile');
		Set(\$NotifyActor, 0);
		Set(\$BcryptCost, 4);
		Set(\$MaxAttachmentSize, 10_000_000);
		Set(\$LogToSyslog, undef);
		Set(\$LogToSTDERR, 'error');
		Set(\$LogToFile, 'warning');
		Set(\$LogDir, '$d/var/log');
		Set(\$LogToFileNamed, 'rt.log');
		Set(%GnuPG, Enable => 0);
		Set(%SMIME, Enable => 0);
		Set(\$DatabaseType, 'SQLite');
		Set(\$DatabaseName, '$d/rt.db');
		\$RT::VarPath = '$d/var';
		\$RT::MasonDataDir = '$d/mason';
		\$RT::MasonSessionDir = '$d/session';
		1;
	END
}

# in_rt DIR COMMAND...: with that directory's configuration
in_rt() {
	local d=$1
	shift
	env RT_SITE_CONFIG="$d/etc/RT_SiteConfig.pm" \
		RT_SITE_CONFIG_DIR="$d/etc/more" "$@"
}

rt_build_small() {
	local d=$1/work
	rt_config "$d" 1
	in_rt "$d" rt-setup-database-5 --action init --dba-password ''
	in_rt "$d" /usr/bin/perl "$SEED" people "$1/tokens"
	in_rt "$d" /usr/bin/perl "$SEED" tickets 60
	sqlite3 "$d/rt.db" 'pragma journal_mode=wal; pragma wal_checkpoint(truncate)'
	mv "$d/rt.db" "$1/rt.db"
	rm -rf "$d"
}

rt_build_big() {
	local d=$1/work small
	small=$(rt_image small)
	rt_config "$d" 1
	cp "$small/rt.db" "$d/rt.db"
	cp "$small/tokens" "$1/tokens"
	in_rt "$d" /usr/bin/perl "$SEED" clone "$BIG"
	sqlite3 "$d/rt.db" 'analyze; pragma wal_checkpoint(truncate)'
	mv "$d/rt.db" "$1/rt.db"
	rm -rf "$d"
}

rt_image() {
	local v
	v=$(dpkg-query -W -f '${Version}' request-tracker5)
	case $1 in
	small) be_image "rt-small-$(be_hash "$SEED" "$v")" rt_build_small ;;
	big) be_image "rt-big-$(be_hash "$SEED" "$v" "$BIG")" rt_build_big ;;
	*) be_usage ;;
	esac
}

# rt_run DIR PORT: 0 when it answers. A worker serves one connection at a time,
# so none is kept alive: idle ones would lock out the rest.
rt_run() {
	local d=$1
	rt_config "$d" "$2"
	cd "$d"
	in_rt "$d" "${BE_SPAWN[@]}" "$d/pid" "$d/var/log/server.out" \
		"$SERVER" --server Starlet --host 127.0.0.1 --port "$2" \
		--max-workers "${RT_WORKERS:-2}" \
		--max-reqs-per-child 100000 >/dev/null 2>&1 &
	be_wait_up "$d/pid" "http://127.0.0.1:$2/REST/2.0/rt" 401 60
}

rt_env() {
	local d=$1
	echo "export RT_URL=http://127.0.0.1:$2"
	echo "export RT_DB=$d/rt.db"
	echo "export RT_SIZE=$(cat "$d/size")"
	sed 's/^/export RT_TOKEN_/' "$d/tokens"
}

rt_start() {
	local d size image port try
	be_need rt-setup-database-5 sqlite3 curl perl
	d=$(be_dir "${1:-}")
	be_alive "$d/pid" && be_die "$d is running already"
	if [ ! -f "$d/rt.db" ]; then
		size=${2:-small}
		image=$(rt_image "$size")
		touch "$d/.galley-backend"
		cp "$image/tokens" "$d/tokens"
		cp "$image/rt.db" "$d/rt.db"
		echo "$size" >"$d/size"
		echo "$image" >"$d/image"
	fi
	for try in 1 2 3; do
		port=$(cat "$d/port" 2>/dev/null) || port=$(be_free_port)
		if rt_run "$d" "$port"; then
			echo "$port" >"$d/port"
			rt_env "$d" "$port" | tee "$d/env"
			return
		fi
		be_stop "$d/pid"
		[ ! -f "$d/port" ] || break
	done
	tail -n 20 "$d/var/log/server.out" >&2
	be_die "RT does not start (port $port)"
}

# Through SQLite, so that the workers see one more transaction and keep their
# connections.
rt_reset() {
	local d
	d=$(readlink -f "${1:?}")
	sqlite3 -cmd '.timeout 20000' "$d/rt.db" ".restore $(cat "$d/image")/rt.db"
}

case ${1:-} in
start) rt_start "${2:-}" "${3:-}" ;;
stop) be_stop "${2:?}/pid" ;;
reset) rt_reset "${2:-}" ;;
destroy) be_stop "${2:?}/pid"; be_destroy "$2" ;;
*) be_usage ;;
esac
