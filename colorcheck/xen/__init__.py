"""The executable model of Xen: what each release does with a deployment. Uses no solver."""
