"""Everything the public sees: lists, articles with their evidence, search, the ledgers of edits and removals."""
