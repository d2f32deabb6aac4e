"""Well-known networks as small modules to read and to run, with random weights; one file a network.

Each is the network of the layer set of its name: its convolutions have the same shapes. bench.networks.built_in lists
them.
"""
