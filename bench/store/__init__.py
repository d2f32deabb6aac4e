"""What a run leaves behind: the journal is the truth, tables are a cache rebuilt from it."""
