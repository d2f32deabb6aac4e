"""The files of a run: its journal, and the tables that are rebuilt from it."""
