"""A sweep on many machines: its plan, its shards, and the run folders that their journals are merged into."""
