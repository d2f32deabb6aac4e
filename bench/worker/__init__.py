"""Where it is measured: child processes that may crash, hang or run out of memory, and a parent that survives them."""

# Behind every time: one process alone draws its memory layout once, and its times with it.
DEFAULT_PROCESSES = 3
