"""Scores of good parts to a threshold with a stated false-alarm rate. Numpy only, pure functions on arrays."""
