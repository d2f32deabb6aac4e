"""Predicts the time of a call of an implementation: a law of counted work, a Gaussian process, and intervals.

`model` is what `auto` asks, `law` and `process` are its parts, `cpu_work` and `gpu_work` count the work. NumPy alone
predicts; `bench.predict` fits.
"""
