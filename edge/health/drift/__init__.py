"""Slow or small changes of what a camera's parts look like: below a fault of the camera, above chance."""
