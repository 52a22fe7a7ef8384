"""Replay: the boot of the model with concrete frames; witnesses for the solver's claims.

It imports nothing of `proof`. Both read one boot model; what they check of each other is leveling, sets and witnesses.
"""
