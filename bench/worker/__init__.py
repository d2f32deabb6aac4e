"""Measures in child processes that may crash, hang or run out of memory, and a parent that survives them."""

# Number of processes that measure each case. A process gets one memory layout, and the layout changes its times; so one
# process is not enough.
DEFAULT_PROCESSES = 6
