"""Fetches batches of targets and stores what was on the wire as WARC objects."""
