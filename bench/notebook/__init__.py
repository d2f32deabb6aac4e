"""What a notebook uses: a run as tidy data frames (`bench.load`), and figures of them (`bench.plot`)."""
