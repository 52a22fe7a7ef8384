"""Boot the user's own Xen and compare what it prints with the model."""
