"""The domains that Xen and xl make."""
