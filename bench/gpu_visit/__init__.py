"""A visit to a machine with a GPU, lent for minutes: what to run there, in stages, and one folder to take home."""
