"""Convolution as products of spectra, tile by tile."""
