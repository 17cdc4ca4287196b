#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Terminal output to SVG: svg.py [--light] [--columns N] < ANSI > picture.svg

Every character stands on its own cell, wide ones on two, so what is aligned in
a terminal is aligned in the picture and what is not is seen. Understands SGR
(16, 256 and true colours, bold, dim, italic, underline, reverse); anything else
is an error,
because the program must not write it.
"""
import html
import re
import sys
import unicodedata

W, H, PAD = 8.4, 18, 12
DARK = dict(bg="#1d1f21", fg="#d0d0d0", c=["#3a3d41", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d0d0"])
LIGHT = dict(bg="#ffffff", fg="#24292e", c=["#24292e", "#b31d28", "#22863a", "#9a6700", "#005cc5", "#6f42c1", "#1b7c83", "#6a737d"])


def cells(ch):
    if unicodedata.combining(ch) or unicodedata.category(ch) in ("Cf", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def indexed(n, theme):
    if n < 16:
        return theme["c"][n % 8]
    if n < 232:
        n -= 16
        return "#%02x%02x%02x" % tuple(55 + 40 * v if v else 0 for v in (n // 36, n // 6 % 6, n % 6))
    return "#%02x%02x%02x" % ((8 + 10 * (n - 232),) * 3)


def sgr(state, args, theme):
    v = [int(x or 0) for x in re.split("[;:]", args)]
    while v:
        a = v.pop(0)
        if a == 0:
            state.clear()
        elif a in (1, 2, 3, 4, 7):
            state[{1: "bold", 2: "dim", 3: "italic", 4: "under", 7: "rev"}[a]] = True
        elif a in (22, 23, 24, 27):
            for k in {22: ("bold", "dim"), 23: ("italic",), 24: ("under",), 27: ("rev",)}[a]:
                state.pop(k, None)
        elif a in (38, 48):
            how = v.pop(0)
            color = indexed(v.pop(0), theme) if how == 5 else "#%02x%02x%02x" % (v.pop(0), v.pop(0), v.pop(0))
            state["fg" if a == 38 else "bg"] = color
        elif 30 <= a <= 37 or 90 <= a <= 97:
            state["fg"] = theme["c"][a % 10]
        elif 40 <= a <= 47 or 100 <= a <= 107:
            state["bg"] = theme["c"][a % 10]
        elif a in (39, 49):
            state.pop("fg" if a == 39 else "bg", None)
        else:
            sys.exit("svg.py: SGR %d is not known" % a)


def main():
    theme = LIGHT if "--light" in sys.argv else DARK
    columns = int(sys.argv[sys.argv.index("--columns") + 1]) if "--columns" in sys.argv else 0
    lines = sys.stdin.read().rstrip("\n").split("\n")
    out, backs, width = [], [], columns
    for row, line in enumerate(lines):
        col, state, i = 0, {}, 0
        while i < len(line):
            m = re.match(r"\x1b\[([0-9;]*)m", line[i:])
            if m:
                sgr(state, m.group(1), theme)
                i += m.end()
                continue
            ch = line[i]
            i += 1
            if ch == "\x1b" or (ord(ch) < 32):
                sys.exit("svg.py: line %d has a control character %r" % (row + 1, ch))
            n = cells(ch)
            fg, bg = state.get("fg", theme["fg"]), state.get("bg")
            if state.get("rev"):
                fg, bg = bg or theme["bg"], fg
            if bg and n:
                if backs and backs[-1][0] == row and backs[-1][3] == bg and backs[-1][2] == col:
                    backs[-1][2] = col + n
                else:
                    backs.append([row, col, col + n, bg])
            if ch != " " and n:
                style = "".join((
                    ' font-weight="bold"' if state.get("bold") else "",
                    ' fill-opacity="0.6"' if state.get("dim") else "",
                    ' font-style="italic"' if state.get("italic") else "",
                    ' text-decoration="underline"' if state.get("under") else ""))
                out.append('<text x="%.1f" y="%d" fill="%s"%s>%s</text>' % (
                    PAD + col * W, PAD + row * H + 13, fg, style, html.escape(ch)))
            col += n
        width = max(width, col)
    print('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="DejaVu Sans Mono, Noto Sans Mono CJK SC, Noto Sans CJK SC, monospace" font-size="14">'
          % (width * W + 2 * PAD, len(lines) * H + 2 * PAD))
    print('<rect width="100%%" height="100%%" rx="6" fill="%s"/>' % theme["bg"])
    for row, a, b, bg in backs:
        print('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>' % (PAD + a * W, PAD + row * H, (b - a) * W, H, bg))
    # runs of the same style in one element keep the file small
    sys.stdout.write(merge(out))
    print("</svg>")


def merge(texts):
    """Neighbours of one style and row become one <text> with a list of x."""
    res, last = [], None
    for t in texts:
        m = re.match(r'<text x="([\d.]+)" (y="\d+" fill="[^"]+"[^>]*)>(.*)</text>$', t)
        x, attrs, ch = m.groups()
        # a gap ends a run: some viewers close it up
        if last and last[1] == attrs and float(x) - float(last[0][-1]) <= cells(last[2][-1][-1]) * W + 0.2:
            last[0].append(x)
            last[2].append(ch)
        else:
            last = ([x], attrs, [ch])
            res.append(last)
    return "".join('<text x="%s" %s>%s</text>\n' % (" ".join(x), a, "".join(c)) for x, a, c in res)


main()
