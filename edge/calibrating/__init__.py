"""Calibrating a bundle on site: good pictures to the station's own thresholds, without torch."""
