"""What becomes of findings: selection, silencing, baselines, fingerprints, fixes, consequences."""
