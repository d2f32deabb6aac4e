"""The report's sections, one question a file, each answered in a line before its detail."""
