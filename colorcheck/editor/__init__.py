"""The language server: information for editors about the files of a deployment."""
