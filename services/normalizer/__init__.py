"""Reads archived pages: from the bytes of a capture to the fields of an article, each with where it came from."""
