"""The report of a run: figures, tables and one page, made from the store alone."""
