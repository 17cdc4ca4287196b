# SPDX-License-Identifier: MIT
# The texts for people in manifests (what a setting is called, the remark) as
# calls that xgettext knows. Only the part before the first request is looked
# at: further down a "label" is data of a backend.
FNR == 1 { head = 1 }
/^  "http"|^  "streams"|^  "fixtures"/ { head = 0 }
head && match($0, /"(label|about)": "([^"\\]|\\.)*"/) {
	s = substr($0, RSTART, RLENGTH)
	sub(/^"(label|about)": /, "", s)
	if (s != "\"\"")
		print "N_(" s ")"
}
