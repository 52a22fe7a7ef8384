"""What stands between the files and Xen: boot loaders and the tools that write for them."""
