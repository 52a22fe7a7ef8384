"""Replay: the same boot as the model's, driven to concrete frames; witnesses for what the solver claims.

It imports nothing of `proof`. Both read one boot model; what they check of each other is leveling, sets and witnesses.
"""
