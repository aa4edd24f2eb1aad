"""The one place that states edge-ad's version."""

VERSION = "0.1.0"
