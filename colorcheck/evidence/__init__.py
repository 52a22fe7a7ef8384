"""Checks of theorems against real boot logs and the replay."""
