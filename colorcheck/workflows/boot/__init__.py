"""Boot the user's own Xen and hold what it prints against the model."""
