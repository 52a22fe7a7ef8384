"""The JSON documents that commands answer with."""
