#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/base/width_tables.inc to standard output.

Not run by make: the result is kept in the tree, so that widths change when
somebody decides so and not with the build machine. The facts are those of
Python's unicodedata (East Asian Width and general category).

    src/gen/make_width.py > src/base/width_tables.inc
"""
import unicodedata

# Drawn two cells wide by terminals though unassigned in this version: the
# blocks from which new emoji are taken.
RESERVED_EMOJI = ((0x1F6D8, 0x1F6DF), (0x1F6ED, 0x1F6EF), (0x1FA70, 0x1FAFF))
# Hangul vowels and final consonants join the leading one.
JOINING_JAMO = ((0x1160, 0x11FF), (0xD7B0, 0xD7FF))


def within(cp, ranges):
    return any(a <= cp <= b for a, b in ranges)


def width_class(cp):
    char = chr(cp)
    category = unicodedata.category(char)
    if category in ("Cc", "Cs"):
        return "zero"
    if within(cp, JOINING_JAMO):
        return "zero"
    if category in ("Mn", "Me", "Cf", "Zl", "Zp") and cp != 0xAD:
        return "zero"
    if category == "Cn" and within(cp, RESERVED_EMOJI):
        return "wide"
    eaw = unicodedata.east_asian_width(char)
    if eaw in "WF":
        return "wide"
    return "ambiguous" if eaw == "A" else "narrow"


def ranges_of(name):
    start = None
    for cp in range(0x110001):
        inside = cp < 0x110000 and width_class(cp) == name
        if inside and start is None:
            start = cp
        elif not inside and start is not None:
            yield start, cp - 1
            start = None


print("/* SPDX-License-Identifier: MIT */")
print("/* Made by src/gen/make_width.py, not by hand. */")
print('#define WIDTH_VERSION "%s"' % unicodedata.unidata_version)
for name in ("zero", "wide", "ambiguous"):
    print("static const struct range width_%s[] = {" % name)
    for a, b in ranges_of(name):
        print("\t{ 0x%04x, 0x%04x }," % (a, b))
    print("};")
