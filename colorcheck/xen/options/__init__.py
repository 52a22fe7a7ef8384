"""Xen's boot options, as each release reads them."""
