"""How time is measured: candidates interleaved in random blocks, compared within a block."""
