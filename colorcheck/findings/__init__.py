"""Processing of findings: selection, silencing, baselines, fingerprints, fixes, consequences."""
