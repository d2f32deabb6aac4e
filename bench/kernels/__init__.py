"""How fast our own kernels are: each held against oneDNN and torch over a fixed list of shapes, class by class."""
