"""Patterns of what can be in a row, which the grammar has checked already."""

COMMENT = r"/\*[^*]*+\*++(?:[^*/][^*]*+\*++)*+/|//[^\n]*+\n"
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A space, a comment or a line marker.
GAP = rf"[ \t\n\v\f\r\x01]++|{COMMENT}|(?<![^\n\x01])#(?:line)?[ \t]+[0-9]+[ \t]+{STRING}(?:[ \t]+[0-9]+)?"
