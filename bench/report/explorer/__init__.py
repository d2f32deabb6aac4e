"""The explorer of a page and its table of every row: their data, their script, and where both come from."""
