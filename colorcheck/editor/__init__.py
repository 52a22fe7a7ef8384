"""The language server: what editors are told about the files of a deployment."""
