"""Compares our kernels with oneDNN, torch and cuDNN over a fixed list of shapes, class by class."""
