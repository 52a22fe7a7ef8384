"""ImageBuilder: the boot that its configuration leads to."""
