"""Where it is measured: a child process that may crash, hang or run out of memory, and a parent that survives it."""
