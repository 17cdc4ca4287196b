#!/bin/bash
# SPDX-License-Identifier: MIT
#: mw.sh start DIR     a MediaWiki of its own in DIR; prints and writes DIR/env.
#:                     On a DIR that was stopped: goes on with its data
#: mw.sh stop DIR      stops it, keeps the data
#: mw.sh reset DIR     back to the image, while it runs
#: mw.sh destroy DIR   stops it and removes DIR
#
# 60 articles, half of them Chinese; users Agent01, Agent02 and Editor1 with a
# bot password each. Nothing is cached outside the database, so that a reset is
# complete, and jobs run only when asked.

. "$(dirname "$(readlink -f "$0")")/common.sh"

WIKI=/usr/share/mediawiki
SEED=$BE_HERE/mw-seed.php
# MediaWiki wants [0-9a-w]{32,}
BOT_PASSWORD=0123456789abcdef0123456789abcdef

mw_php() {
	local dir=$1
	shift
	MW_CONFIG_FILE=$dir/LocalSettings.php php -d apc.enabled=0 "$@"
}

mw_maintenance() {
	local dir=$1 script=$2
	shift 2
	mw_php "$dir" "$WIKI/maintenance/$script.php" "$@"
}

# mw_config DIR PORT: what install.php wrote, with this place and port
mw_config() {
	local d=$1
	mkdir -p "$d"/{images,tmp,log}
	cp "$d/installed.php" "$d/LocalSettings.php"
	cat >>"$d/LocalSettings.php" <<-END
		\$wgServer = 'http://127.0.0.1:$2';
		\$wgSQLiteDataDir = '$d/db';
		foreach ( [ 'wgObjectCaches', 'wgJobTypeConf',
			'wgLocalisationCacheConf' ] as \$v ) {
			array_walk_recursive( \$GLOBALS[\$v], static function ( &\$x, \$k ) {
				if ( \$k === 'dbDirectory' ) { \$x = '$d/db'; }
			} );
		}
		\$wgUploadDirectory = '$d/images';
		\$wgTmpDirectory = '$d/tmp';
		\$wgCacheDirectory = '$d/tmp';
		\$wgMainCacheType = \$wgSessionCacheType = CACHE_DB;
		\$wgParserCacheType = \$wgMessageCacheType = CACHE_DB;
		\$wgJobRunRate = 0;
		\$wgEnableEmail = false;
		\$wgLocaltimezone = 'UTC';
		\$wgRateLimits = [];
		\$wgPasswordAttemptThrottle = [];
		\$wgGroupPermissions['*']['edit'] = false;
		\$wgGroupPermissions['*']['createaccount'] = false;
		\$wgPingback = false;
		\$wgRCMaxAge = 90 * 86400;
	END
}

mw_user() {
	mw_maintenance "$1" createAndPromote ${3:+--$3} "$2" "pw-$2-long-1"
	mw_maintenance "$1" createBotPassword --appid galley \
		--grants basic,highvolume,editpage,createeditmovepage,delete \
		"$2" "$BOT_PASSWORD"
}

mw_build() {
	local d=$1
	mkdir -p "$d/db"
	env -u MW_CONFIG_FILE php -d apc.enabled=0 "$WIKI/maintenance/install.php" \
		--confpath "$d" --dbtype sqlite --dbpath "$d/db" --dbname wiki \
		--server http://127.0.0.1:1 --scriptpath '' --lang zh-hans \
		--pass Admin-Pass-12345 --skins Vector '知识库 KB' Admin
	mv "$d/LocalSettings.php" "$d/installed.php"
	mw_config "$d" 1
	mw_user "$d" Agent01
	mw_user "$d" Agent02
	mw_user "$d" Editor1 sysop
	mw_php "$d" "$SEED" --pages 60
	mw_maintenance "$d" runJobs --maxjobs 5000
	mw_maintenance "$d" initSiteStats --update
	for db in "$d"/db/*.sqlite; do
		sqlite3 "$db" 'pragma journal_mode=wal; pragma wal_checkpoint(truncate)'
	done
	rm -rf "$d/LocalSettings.php" "$d/tmp" "$d/images" "$d/log"
}

mw_image() {
	local v
	v=$(dpkg-query -W -f '${Version}' mediawiki)
	be_image "mw-$(be_hash "$SEED" "$0" "$v")" mw_build
}

mw_run() {
	local d=$1
	mw_config "$d" "$2"
	cd "$WIKI"
	MW_CONFIG_FILE=$d/LocalSettings.php PHP_CLI_SERVER_WORKERS=${MW_WORKERS:-2} \
		"${BE_SPAWN[@]}" "$d/pid" "$d/log/access.log" php -d apc.enabled=0 -d opcache.enable_cli=1 \
		-d display_errors=0 -d error_log="$d/log/php.log" \
		-d memory_limit=256M -S "127.0.0.1:$2" -t "$WIKI" >/dev/null 2>&1 &
	be_wait_up "$d/pid" \
		"http://127.0.0.1:$2/api.php?action=query&meta=siteinfo&format=json" \
		200 60
}

mw_start() {
	local d image port try
	be_need php sqlite3 curl perl
	[ -d "$WIKI" ] || be_die "mediawiki is not installed: make deps-test"
	d=$(be_dir "${1:-}")
	be_alive "$d/pid" && be_die "$d is running already"
	if [ ! -d "$d/db" ]; then
		image=$(mw_image)
		touch "$d/.galley-backend"
		cp -r "$image/db" "$image/installed.php" "$d/"
		echo "$image" >"$d/image"
	fi
	for try in 1 2 3; do
		port=$(cat "$d/port" 2>/dev/null) || port=$(be_free_port)
		if mw_run "$d" "$port"; then
			echo "$port" >"$d/port"
			tee "$d/env" <<-END
				export MW_URL=http://127.0.0.1:$port
				export MW_DB=$d/db/wiki.sqlite
				export MW_USER=Agent01@galley
				export MW_USER2=Agent02@galley
				export MW_EDITOR=Editor1@galley
				export MW_PASSWORD=$BOT_PASSWORD
			END
			return
		fi
		be_stop "$d/pid"
		[ ! -f "$d/port" ] || break
	done
	tail -n 20 "$d/log/access.log" "$d/log/php.log" >&2
	be_die "MediaWiki does not start (port $port)"
}

mw_reset() {
	local d image db
	d=$(readlink -f "${1:?}")
	image=$(cat "$d/image")
	for db in "$image"/db/*.sqlite; do
		sqlite3 -cmd '.timeout 20000' "$d/db/${db##*/}" ".restore $db"
	done
}

case ${1:-} in
start) mw_start "${2:-}" ;;
stop) be_stop "${2:?}/pid" ;;
reset) mw_reset "${2:-}" ;;
destroy) be_stop "${2:?}/pid"; be_destroy "$2" ;;
*) be_usage ;;
esac
