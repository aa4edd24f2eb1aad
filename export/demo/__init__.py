"""``edge-ad demo``: the whole chain on real pictures, by the commands that a user would type."""
