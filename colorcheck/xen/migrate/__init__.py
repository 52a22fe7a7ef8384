"""A deployment in another Xen's spelling."""
