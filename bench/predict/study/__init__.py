"""The study: do FLOPs tell the time? Problems of equal FLOPs whose FLOPs lie in different sizes, and a verdict."""
