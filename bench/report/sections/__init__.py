"""The sections of the report: each answers one question in a line, then gives the detail."""
