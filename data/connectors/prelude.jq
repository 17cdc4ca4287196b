# Definitions that every manifest's filters may use; galley-connector(5).
# An id as text: numbers become texts, null stays null.
def s: if . == null then null else tostring end;
# What a backend writes for "nothing" becomes null.
def nz: if . == "" or . == 0 or . == "0" then null else . end;
# An object, or an empty one where a backend left it out.
def o: if type == "object" then . else {} end;
# A list, or an empty one.
def a: if type == "array" then . else [] end;
# The last part of a path: "/ticket/17" gives "17".
def last_seg: if . == null then null else (split("/") | last | nz) end;
# A text in single quotes with quotes and backslashes escaped.
def q1: "'" + (tostring | split("\\") | join("\\\\") | split("'") | join("\\'")) + "'";
# Epoch milliseconds as RFC 3339 and as "YYYY-MM-DD hh:mm:ss", both in UTC.
def iso_ms: if . == null then null
  elif . < 0 or . > 253402300799999 then error("not a date: \(.)")
  else (. / 1000 | floor | todate) end;
def sql_ms: if . == null then null else (iso_ms | .[0:10] + " " + .[11:19]) end;
