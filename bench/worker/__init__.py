"""Measures in child processes that may crash, hang or run out of memory, and a parent that survives them."""

# Worker processes behind every time: one alone would draw its memory layout once, and its times with it.
DEFAULT_PROCESSES = 3
