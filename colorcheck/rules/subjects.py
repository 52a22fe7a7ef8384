"""What findings are about that are about no domain; what follows from what is decided by these names."""

GEOMETRY, RESERVE, SWITCH = "geometry", "reserve", "switch"
