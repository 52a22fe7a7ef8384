"""The plugin door: hook specifications (`hookspecs`) and the manager that loads what comes through it."""
