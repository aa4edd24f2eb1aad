"""Scorers of networks that are trained here: numpy to fit, OpenVINO's operations to attach, as in edge.scorers.

They stand here because no device fits them: a device that teaches itself has no network of its own training.
"""
