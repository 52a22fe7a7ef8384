"""Many deployments at once: found below a folder, checked on all cores, kept in a cache, reported together."""
