# floors.awk FLOORS FILE...: checks every #include against the table of floors.
# Prints file:line: what, and ends with 1 when something is wrong.
FILENAME == ARGV[1] {
	if ($0 ~ /^#/ || NF == 0)
		next
	dir = $1
	known[dir] = 1
	if ($3 != "-") {
		n = split($3, a, ",")
		for (i = 1; i <= n; i++)
			may[dir, a[i]] = 1
	}
	may[dir, dir] = 1
	if ($4 != "-") {
		n = split($4, a, ",")
		for (i = 1; i <= n; i++)
			third[dir, a[i]] = 1
	}
	next
}
FNR == 1 {
	own = FILENAME
	sub(/^src\//, "", own)
	sub(/^include\/galley\//, "", own)
	own = own ~ /\// ? substr(own, 1, index(own, "/") - 1) : "main"
	if (!(own in known)) {
		print FILENAME ":1: directory `" own "` is not in src/FLOORS"
		bad = 1
	}
}
function complain(what) {
	print FILENAME ":" FNR ": " what
	bad = 1
}
/^[ \t]*#[ \t]*include/ {
	h = $0
	sub(/^[^<"]*[<"]/, "", h)
	sub(/[>"].*$/, "", h)
	if (h ~ /^galley\//) {
		sub(/^galley\//, "", h)
		d = substr(h, 1, index(h, "/") - 1)
		if (!((own, d) in may))
			complain(own " may not include galley/" h)
		next
	}
	name = ""
	if (h ~ /^curses|^ncurses|^term\.h$/) name = "ncurses"
	else if (h ~ /^sqlite3/) name = "sqlite3"
	else if (h ~ /^cjson\//) name = "cjson"
	else if (h ~ /^curl\//) name = "curl"
	else if (h ~ /^jq\.h$|^jv\.h$/) name = substr(h, 1, 2)
	else if (h ~ /^seccomp/) name = "seccomp"
	else if (h ~ /^pthread/) name = "pthread"
	else if (h ~ /^linebreak\.h|^graphemebreak/) name = "unibreak"
	else if (h ~ /^libintl/) name = "libintl"
	else if (h ~ /^(uni|u8)/ && h !~ /unistd/) name = "unistring"
	if (name != "" && !((own, name) in third))
		complain(own " may not include <" h ">")
}
END { exit bad }
