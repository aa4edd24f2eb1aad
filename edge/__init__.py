"""The device side: frames to verdicts and alerts."""

import sys

# OpenVINO's Python package reports each import to a web analytics service, from a forked process, unless this
# optional package is missing. A station calls nobody, and its start does not wait for that.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
