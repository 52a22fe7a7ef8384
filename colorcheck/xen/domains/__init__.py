"""The domains that Xen and xl create."""
