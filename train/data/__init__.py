"""Data sets on disk: which pictures are good, which are not, and which part each of them plays."""
