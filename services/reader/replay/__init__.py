"""Replay: the stored pages as they were, on an origin of their own where they can do nothing."""
