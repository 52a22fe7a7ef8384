"""Rules on boards and caches."""
