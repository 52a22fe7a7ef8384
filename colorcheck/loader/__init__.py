"""Between the files and Xen: boot loaders and the tools that write their inputs."""
