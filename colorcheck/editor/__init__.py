"""The language server: what editors are shown about the files of a deployment."""
