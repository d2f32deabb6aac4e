"""What this device can do at best: its measured ceilings, against which times are held."""
