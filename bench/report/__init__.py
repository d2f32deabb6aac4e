"""What a run says: figures, tables, one page. Reads the store and nothing else."""
