"""Describes the machine: processors, caches, memory, devices, libraries."""
