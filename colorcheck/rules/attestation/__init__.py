"""Rules on boot logs."""
