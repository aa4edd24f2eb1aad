"""The device side: frames to verdicts and alerts."""

import os
import sys

# OpenVINO's Python package reports each import to a web analytics service, from a forked process, unless this
# optional package is missing. A station calls nobody, and its start does not wait for that.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

# OpenCV reads this once, when it is loaded. A file of a few kilobytes may claim to be a picture of gigabytes; one
# that claims more pixels (134 million) than a camera is likely to have is refused before memory is taken for it.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))
