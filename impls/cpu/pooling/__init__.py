"""Pooling, which stands between the convolutions of a network: by our own threads, in the layout of the network."""
