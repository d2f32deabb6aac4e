"""Examines the machine: which quantities it can measure, which would be modelled, and what disturbs measurements."""
