"""Faults of a camera, told apart from faults of the product: they make a verdict unknown, and raise no alert.

The rule of this package: silence is better than a false fault. A defective part may look like anything; a fault of
the camera is named only where the picture as a whole can be explained by nothing else.
"""
