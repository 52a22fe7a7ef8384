"""The reader of xl's files."""
