"""What every service of Pressmark has in common: messages, bus, ledger, evidence, sources, settings, logs."""
