"""Boot the user's own Xen and compare its output with the model."""
