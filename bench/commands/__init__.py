"""The commands: options in, an exit code out. Each is a thin skin over a module that does the work."""
