#!/bin/bash
# SPDX-License-Identifier: MIT
#: redmine.sh start DIR     a Redmine of its own in DIR; prints and writes DIR/env.
#:                          On a DIR that was stopped: goes on with its data
#: redmine.sh stop DIR      stops it, keeps the data
#: redmine.sh reset DIR     back to the image, while it runs
#: redmine.sh destroy DIR   stops it and removes DIR
#
# 60 issues in two projects; agents 01 to 03 with API keys of forty times their
# digit.

. "$(dirname "$(readlink -f "$0")")/common.sh"

APP=/usr/share/redmine
SEED=$BE_HERE/redmine-seed.rb

# Redmine keeps an instance in instances/$REDMINE_INSTANCE; with enough ../ that
# is any directory.
in_redmine() {
	local d=$1
	shift
	cd "$APP"
	env -i HOME="$d" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 TZ=UTC \
		RAILS_ENV=production SCHEMA="$d/db/schema.rb" REDMINE_LANG=en \
		BUNDLE_GEMFILE="$d/Gemfile" REDMINE_INSTANCE="../../../../..$d" "$@"
}

rm_config() {
	local d=$1
	mkdir -p "$d"/{config,db,log,files,tmp/cache,tmp/pids,public/plugin_assets}
	cat >"$d/config/database.yml" <<-END
		production:
		  adapter: sqlite3
		  database: $d/db/redmine.sqlite3
		  timeout: 20000
		  encoding: utf8
	END
	head -c 40 /dev/urandom | base64 -w0 >"$d/config/secret_key.txt"
	cp "$BE_HERE/redmine.gemfile" "$d/Gemfile"
}

rm_build() {
	local d=$1
	rm_config "$d"
	in_redmine "$d" rake db:migrate
	in_redmine "$d" rake redmine:load_default_data
	in_redmine "$d" rails runner "$SEED"
	sqlite3 "$d/db/redmine.sqlite3" 'pragma journal_mode=wal;
		pragma wal_checkpoint(truncate)'
	rm -rf "$d/log" "$d/tmp" "$d/config"
}

rm_image() {
	local v
	v=$(dpkg-query -W -f '${Version}' redmine)
	be_image "redmine-$(be_hash "$SEED" "$0" "$v")" rm_build
}

rm_run() {
	in_redmine "$1" "${BE_SPAWN[@]}" "$1/pid" "$1/log/out" \
		rackup -E production -s webrick -o 127.0.0.1 -p "$2" \
		"$BE_HERE/redmine.ru" \
		>/dev/null 2>&1 &
	be_wait_up "$1/pid" "http://127.0.0.1:$2/login" 200 120
}

rm_start() {
	local d image port try
	be_need rackup sqlite3 curl perl
	[ -d "$APP" ] || be_die "redmine is not installed: make deps-test"
	d=$(be_dir "${1:-}")
	be_alive "$d/pid" && be_die "$d is running already"
	if [ ! -f "$d/db/redmine.sqlite3" ]; then
		image=$(rm_image)
		touch "$d/.galley-backend"
		rm_config "$d"
		cp "$image/db/"* "$d/db/"
		cp "$image/Gemfile.lock" "$d/"
		echo "$image" >"$d/image"
	fi
	for try in 1 2 3; do
		port=$(cat "$d/port" 2>/dev/null) || port=$(be_free_port)
		if rm_run "$d" "$port"; then
			echo "$port" >"$d/port"
			tee "$d/env" <<-END
				export RM_URL=http://127.0.0.1:$port
				export RM_DB=$d/db/redmine.sqlite3
				export RM_KEY_ADMIN=$(printf 'a%.0s' {1..40})
				export RM_KEY_AGENT01=$(printf '1%.0s' {1..40})
				export RM_KEY_AGENT02=$(printf '2%.0s' {1..40})
				export RM_KEY_AGENT03=$(printf '3%.0s' {1..40})
			END
			return
		fi
		be_stop "$d/pid"
		[ ! -f "$d/port" ] || break
	done
	tail -n 20 "$d/log/out" >&2
	be_die "Redmine does not start (port $port)"
}

rm_reset() {
	local d
	d=$(readlink -f "${1:?}")
	sqlite3 -cmd '.timeout 20000' "$d/db/redmine.sqlite3" \
		".restore $(cat "$d/image")/db/redmine.sqlite3"
}

case ${1:-} in
start) rm_start "${2:-}" ;;
stop) be_stop "${2:?}/pid" INT ;;
reset) rm_reset "${2:-}" ;;
destroy) be_stop "${2:?}/pid" INT; be_destroy "$2" ;;
*) be_usage ;;
esac
