"""Pretrained networks that give features, found by name."""
