"""Subjects of findings that are about no domain; which findings imply others is decided by these names."""

GEOMETRY, RESERVE, SWITCH = "geometry", "reserve", "switch"
