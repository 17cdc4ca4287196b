#!/bin/sh
# check.sh PROGRAM: every fault of the proxy against a small server that counts
# what reached it. Prints one line a fault; ends with the number of failures.
proxy=$1
dir=$(mktemp -d) || exit 1
bad=0 good=0 upstream='' pid=''
stop()
{
	[ -n "$pid" ] && kill "$pid" 2>/dev/null
	[ -n "$upstream" ] && kill "$upstream" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT

python3 - "$dir" <<'PY' &
import http.server, os, sys
d = sys.argv[1]
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(d + "/seen", "a") as f:
            f.write("%s %s %s\n" % (self.command, self.path, body.decode()))
        out = b'{"ok":true,"n":"' + b"0123456789" * 30 + b'"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)
    do_POST = do_PUT = do_GET
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
open(d + "/up.tmp", "w").write(str(s.server_port))
os.rename(d + "/up.tmp", d + "/up")
s.serve_forever()
PY
upstream=$!

wait_for()
{
	n=0
	until [ -s "$1" ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || { echo "no $1"; exit 1; }
		sleep 0.05
	done
}
wait_for "$dir/up"
"$proxy" --listen 127.0.0.1:0 --to "127.0.0.1:$(cat "$dir/up")" \
	--port-file "$dir/port" --control "$dir/ctl" --log "$dir/log" --max-s 60 &
pid=$!
wait_for "$dir/port"
url=http://127.0.0.1:$(cat "$dir/port")

ctl()
{
	"$proxy" --ctl "$dir/ctl" "$@"
}
# settled: nothing is under way in the proxy any more
settle()
{
	n=0
	kill -0 "$pid" || exit 1
	until [ "$(ctl busy 2>&1)" = 0 ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || { echo "FAILED: never settles"; exit 1; }
		sleep 0.02
	done
}
# fault RULE CURL_EXIT STATUS SEEN [BODY-PATTERN]
fault()
{
	: >"$dir/seen"
	ctl clear && ctl rule POST /x "1 $1" || bad=$((bad + 1))
	status=$(curl -s --noproxy '*' -m "${MAX:-5}" -o "$dir/out" -w '%{http_code}' -d hello "$url/x?q=1")
	code=$?
	settle
	seen=$(grep -c '^POST /x?q=1 hello$' "$dir/seen")
	if [ "$code" = "$2" ] && [ "$status" = "$3" ] && [ "$seen" = "$4" ] &&
		{ [ -z "$5" ] || grep -qa -- "$5" "$dir/out"; }; then
		echo "ok $1"; good=$((good + 1))
	else
		echo "FAILED $1: curl $code (want $2), status $status ($3), seen $seen ($4)"
		bad=$((bad + 1))
	fi
	: >"$dir/out"
}

fault none 0 200 1 '"ok":true'
fault drop-answer 52 000 1
fault cut:10 52 000 1
fault cut:300 18 200 1 '"ok"'
fault cut:0 52 000 1
fault rst 56 000 1
fault rst:before 56 000 0
fault refuse 56 000 0
fault dup 0 200 2 '"ok":true'
fault status:503:7 0 503 0
fault acted-status:502 0 502 1
fault garbage 1 000 1
fault slow 0 200 1 '0123456789"}'
fault html 0 200 0 '<form>'
fault stall:100 0 200 1 '"ok":true'
fault delay:100 0 200 1 '"ok":true'
MAX=0.3
fault stall:900 28 000 1
fault delay:900 28 000 1
fault huge 28 200 1 '\[\[\['
MAX=

expect()
{
	if [ "$2" = "$3" ]; then
		echo "ok $1"; good=$((good + 1))
	else
		echo "FAILED $1: $2, not $3"
		bad=$((bad + 1))
	fi
}
ctl clear
ctl reset
ctl rule GET /y 1+1 status:500
ctl rule '*' '*' 1 refuse
a=''
for i in 1 2 3 4; do
	a="$a $(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$url/y?secret=$i")"
done
expect "counts" "$a" " 000 200 500 200"
expect "stats" "$(ctl stats)" "GET /y 2"
ctl down
curl -s --noproxy '*' -o /dev/null "$url/y"
expect "down" $? 7
ctl up
curl -s --noproxy '*' -o /dev/null "$url/y"
expect "up" $? 0
ctl rule GET y 1 refuse 2>/dev/null
expect "a bad rule" $? 1
ctl rule GET /y 1 explode 2>/dev/null
expect "a bad fault" $? 1
expect "keep-alive is taken out" "$(curl -s --noproxy '*' -o /dev/null -o /dev/null -w '%{num_connects}' "$url/a" "$url/b")" 11
head -c 200000 /dev/zero |
	curl -s --noproxy '*' -m 5 -o "$dir/out" -X PUT -T - "$url/chunked"
settle
expect "chunked request" "$(ctl stats | grep -c '^PUT /chunked 1$')" 1
expect "log" "$(grep -c ' POST /x?q=1 drop-answer$' "$dir/log")" 1
ctl quit
wait "$pid"
expect "quit" $? 0
pid=''
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
