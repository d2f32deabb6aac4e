"""How time is measured: candidates interleaved in random blocks, compared within a block."""

# States of the caches when a sample starts.
CACHES = ("warm", "cold")
