"""Translates deployments into the spelling of another release."""
