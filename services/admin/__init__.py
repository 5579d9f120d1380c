"""Admin: what an operator asks of the archive. One layer of actions behind every face."""
