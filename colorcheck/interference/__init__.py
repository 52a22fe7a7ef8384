"""The interference lab: a trace-driven simulation of a board's caches with the domains' own machine frames."""
