"""Scorers fitted in closed form on the features of a fixed backbone, and their heads in OpenVINO operations.

The workstation's export and a device that teaches itself a product run this same code: numpy to fit, OpenVINO's
own operation set to attach. Nothing here needs torch.
"""
