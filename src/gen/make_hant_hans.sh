#!/bin/sh
# SPDX-License-Identifier: MIT
# make_hant_hans.sh: writes data/fold/hant-hans.txt to standard output.
# Not run by make: the result is kept in the tree so that a build needs
# neither program. Needs opencc, uconv (icu-devtools) and python3.
#
#   src/gen/make_hant_hans.sh > data/fold/hant-hans.txt
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

python3 - >"$dir/han" <<'EOF'
import sys
sys.stdout.reconfigure(encoding="utf-8")
for a, b in ((0x3400, 0x4dbf), (0x4e00, 0x9fff), (0x20000, 0x323af)):
    for cp in range(a, b + 1):
        print(chr(cp))
EOF
opencc -c t2s -i "$dir/han" -o "$dir/opencc"
uconv -f UTF-8 -t UTF-8 -x Traditional-Simplified "$dir/han" >"$dir/icu"

opencc_version=$(dpkg-query -W -f '${Version}' libopencc-data)
icu_version=$(dpkg-query -W -f '${Version}' icu-devtools)
cat <<EOF
# Traditional Chinese characters and the simplified ones they are folded to.
# Made by src/gen/make_hant_hans.sh from OpenCC's t2s table (Debian
# libopencc-data $opencc_version, Apache-2.0) and, where that is silent, ICU's
# Traditional-Simplified transform (Debian icu-devtools $icu_version,
# Unicode-3.0). One character to one; chains are resolved, cycles cut.
EOF
python3 - "$dir" <<'EOF'
import sys

def lines(name):
    with open(sys.argv[1] + "/" + name, encoding="utf-8") as f:
        return f.read().split("\n")[:-1]

to = {}
for source in ("icu", "opencc"):
    for a, b in zip(lines("han"), lines(source), strict=True):
        if a != b and len(b) == 1:
            to[a] = b
# The higher code point of a two-cycle is the traditional form.
for a in sorted(to):
    if a in to and to.get(to[a]) == a:
        del to[min(a, to[a])]
for a in sorted(to):
    b, seen = to[a], {a}
    while b in to:
        if b in seen:
            sys.exit("cycle at U+%04X" % ord(a))
        seen.add(b)
        b = to[b]
    print("U+%04X U+%04X" % (ord(a), ord(b)))
EOF
