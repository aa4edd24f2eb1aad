"""An industrial camera (GigE Vision, USB3 Vision, CoaXPress) behind a GenTL producer, read by ``harvesters``."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cameras import genicam_features as features
from edge.cameras.genicam_pixels import FORMATS, from_component
from edge.cameras.pixels import no_pixels, wrong_size
from edge.cameras.source import Shot
from edge.errors import CameraError, CameraSilentError
from edge.extras import needs_extra

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

PREFIX = "genicam:"
PRODUCERS = "GENICAM_GENTL64_PATH"
LOOK_MS = 50  # harvesters asks every millisecond unless told
SLICE_S = 0.1  # harvesters measures its timeout by the wall clock


class GenICamSource:
    """A camera by serial number, identity, own name or, where no camera is called so, its position from 0.

    Acquisition runs in the calling thread: with the library's own thread its timeout would not hold. There is no
    event for a camera that is gone; it is silent, and a triggered one is asked for its width after each silence.
    """

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        self._wanted = options.source.removeprefix(PREFIX)
        self._shown = options.source
        self._harvester: Any = None
        self._camera: Any = None
        self._torn: Any = None

    def open(self) -> None:
        """Finds the camera, sets it up and starts it.

        Raises:
            CameraError: no producer, no such camera, it is in use, or it refuses a setting.
            MissingExtraError: harvesters is not installed.
        """
        self.close()
        core, errors = _library()
        self._torn = _counting(core.Callback)
        self._harvester = core.Harvester()
        try:
            for producer in self._producers():
                self._harvester.add_file(str(producer), check_validity=True)
            self._harvester.update()
            self._camera = self._harvester.create(self._position())
            self._camera.timeout_period_on_update_event_data_call = LOOK_MS
            self._camera.add_callback(self._camera.Events.INCOMPLETE_BUFFER, self._torn)
            self._set_up()
            self._camera.start()
        except errors as error:
            raise CameraError(
                f"cannot open camera {self._shown}: {_reason(error)}",
                hint="close other programs that use it, and check its cable and its network or USB settings",
            ) from error

    def reachable(self) -> bool:
        """Only an attempt can tell."""
        return True

    def read(self) -> Shot | None:
        """Waits for the next picture.

        Raises:
            CameraSilentError: none came in time; the camera goes on and may be read again.
            CameraError: the camera is gone.
        """
        _, errors = _library()
        timeout_s = self._options.read_timeout_s
        deadline_s = time.monotonic() + timeout_s
        try:
            while (left_s := deadline_s - time.monotonic()) > 0:
                buffer = self._camera.try_fetch(timeout=min(left_s, SLICE_S))
                if buffer is not None:
                    with buffer:
                        return self._shot(buffer)
                if self._torn.count:  # the library drops it, and a part would go by unseen
                    self._torn.count = 0
                    return Shot(no_pixels(), time.monotonic_ns(), fault="a picture that did not come whole")
            features.ask(self._nodes, "Width")
        except errors as error:
            raise CameraError(f"camera {self._shown} is lost: {_reason(error)}", hint="check its cable") from error
        raise CameraSilentError(
            f"camera {self._shown} is lost: no picture within {timeout_s:g} s",
            hint="check its cable, and its trigger if it has one",
        )

    def close(self) -> None:
        """Lets the camera go.

        An error of the library is not mapped here: a camera that could not be let go stays in use until this
        process ends, so it had better end.
        """
        harvester, self._harvester, self._camera = self._harvester, None, None
        if harvester is not None:
            harvester.reset()

    @property
    def _nodes(self) -> Any:
        return self._camera.remote_device.node_map

    def _producers(self) -> list[Path]:
        if self._options.producer is not None:
            producers = [Path(self._options.producer)]
        else:
            folders = [Path(folder) for folder in os.environ.get(PRODUCERS, "").split(os.pathsep) if folder]
            producers = sorted(path for folder in folders for path in folder.glob("*.cti"))
        missing = [str(path) for path in producers if not path.is_file()]
        if missing or not producers:
            raise CameraError(
                f"cannot open camera {self._shown}: no GenTL producer {', '.join(missing) or f'in ${PRODUCERS}'}",
                hint="install the camera maker's, and give its .cti file as 'producer'",
            )
        return producers

    def _position(self) -> int:
        known = self._harvester.device_info_list
        for position, device in enumerate(known):
            if self._wanted in _names(device):
                return position
        if self._wanted.isdecimal() and int(self._wanted) < len(known):
            return int(self._wanted)
        found = ", ".join(next(_names(device), "?") for device in known)
        raise CameraError(
            f"cannot open camera {self._shown}: no such camera", hint=f"these are there: {found or 'none'}"
        )

    def _set_up(self) -> None:
        options = self._options
        refused = features.set_up(self._nodes, options)
        if refused:
            raise CameraError(f"camera {self._shown} refuses {refused}", hint="see its manual for what it offers")
        given = str(self._nodes.PixelFormat.value)
        if given not in FORMATS:
            raise CameraError(
                f"camera {self._shown} gives pixels as {given}",
                hint=f"choose another with 'pixel_format'; these are read: {', '.join(FORMATS)}",
            )

    def _shot(self, buffer: Any) -> Shot:
        arrived_ns = time.monotonic_ns()
        pixels, fault = from_component(buffer.payload.components[0])
        return Shot(
            pixels, arrived_ns, fault=fault or wrong_size(pixels, self._options.width, self._options.height)
        )


def _counting(callback: Any) -> Any:
    """An object of the library's class of callbacks that counts its calls."""

    def emit(self: Any, context: object = None) -> None:
        self.count += 1

    return type("Counting", (callback,), {"count": 0, "emit": emit})()


def _names(device: Any) -> Iterator[str]:
    _, errors = _library()
    for kind in ("serial_number", "id_", "user_defined_name"):
        with contextlib.suppress(*errors):  # a producer need not know all of them
            yield str(getattr(device, kind))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    """harvesters, and the errors that it passes on from the camera, the producer, and the loading of one."""
    with needs_extra("genicam"):
        core = import_module("harvesters.core")
        kinds = [import_module(f"genicam.{part}").GenericException for part in ("gentl", "genapi")]
    return core, (*kinds, OSError)
