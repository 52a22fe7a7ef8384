"""What a release of Xen decides from the files before it allocates memory, part by part."""
