"""Brackets energy where no sensor is: a low and a high value from the published power of real machines."""
