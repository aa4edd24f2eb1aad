"""The cameras of a station, each opened as the daemon would."""

from __future__ import annotations

from edge.cameras.capture import Capture
from edge.config.camera import StationCamera
from edge.doctor.check import Check, Status
from edge.errors import EdgeAdError


def camera(station_camera: StationCamera) -> Check:
    """Whether a camera opens and gives a picture; takes as long as the camera may take.

    A device that a running station holds cannot be opened a second time.
    """
    name, options = f"camera {station_camera.name}", station_camera.options()
    try:
        with Capture(options) as capture:
            capture.wait_until_open()
            waits = options.triggered and capture.live
            frame = None if waits else capture.next_frame(options.open_timeout_s)
    except EdgeAdError as error:
        mend = error.hint or "'edge-ad --debug' shows what its driver says; stop a station that holds the camera"
        return Check(name, Status.FAIL, error.message, mend)
    if waits:
        return Check(name, Status.OK, f"{options.source} is open and waits for its trigger")
    if frame is None:
        mend = "check cable and light barrier; set triggered = true if pictures are started from outside"
        return Check(name, Status.FAIL, f"{options.source} gave no picture", mend)
    height, width = frame.pixels.shape[:2]
    return Check(name, Status.OK, f"{options.source}: {width} x {height} px")
