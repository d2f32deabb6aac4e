<<<<<<< HEAD
"""Whole jobs: a sweep, a measurement or a validation, from the first worker to the last record."""
=======
"""Runs whole jobs: sweeps, single measurements, validation, and what resumes them."""
>>>>>>> origin/main
