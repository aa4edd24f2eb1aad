"""Teaching a product with the frames of a running station, asked for by control."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edge.closing import Closing
from edge.config.line import LineOptions
from edge.errors import BusError, BusyError, StoreError, UsageError
from edge.inference.sealed import read_xml
from edge.inspection.inspector import Inspector
from edge.inspection.teaching_child import TeachingChild
from edge.log import log_event
from edge.messaging.changes import Change
from edge.messaging.messages import ActionValue
from edge.messaging.requests import Teach
from edge.models.trust import admission
from edge.security.options import SecurityOptions
from edge.teaching.folder import kept_backbone, product_folder
from edge.teaching.progress import Progress

BACKBONES = "backbones"  # the folder in the station's own where control finds them
NEVER_S = "86400"  # an operator who leaves the parts away for an hour is no fault; he says when to stop
log = logging.getLogger(__name__)


class Teaching(Closing):
    """At most one product at a time: learning takes a core.

    Args:
        state_dir: of the station.
        device: that judges, as the settings name it.
        line: parts per hour and hours of a shift.
        security: whom the station trusts: control teaches with no backbone that it would not run.
        inspectors: the cameras, by name.
        tell: publishes the progress at a camera.
    """

    def __init__(
        self,
        state_dir: Path,
        device: str,
        line: LineOptions,
        security: SecurityOptions,
        inspectors: Mapping[str, Inspector],
        tell: Callable[[str, Progress], None],
    ) -> None:
        self._state_dir = state_dir
        self._device = device
        self._line = line
        self._security = security
        self._inspectors = inspectors
        self._tell = tell
        self._child: TeachingChild | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def now(self) -> Mapping[str, object] | None:
        """Progress of what is being taught, or was last, with its camera; None where nothing was."""
        child = self._child
        return {"camera": child.camera, **child.progress.model_dump()} if child is not None else None

    def start(self, asked: Teach) -> Sequence[Change]:
        """Begins to take pictures and learn.

        Raises:
            UsageError: no such camera or backbone, or it does not say which.
            SignatureError: the backbone is not signed by anyone who is trusted.
            BundleError, SecurityError: the backbone, or a key, cannot be used.
            BusyError: another product is being taught.
        """
        inspector = self._meant(asked.camera)
        backbone = self._backbone(asked)
        if self._child is not None and not self._child.over:
            raise BusyError(
                f"{self._child.progress.name} is being taught", hint="wait until it is over, or stop it"
            )
        first = Progress(name=str(asked.name), wanted=asked.count)
        self._require_admitted(backbone or kept_backbone(product_folder(self._state_dir, first.name)))
        options = [
            *("--name", first.name, "--count", str(asked.count)),
            *(("--backbone", str(backbone)) if backbone else ()),
            *(("--add",) if asked.add else ()),
            *("--state-dir", str(self._state_dir), "--device", self._device, "--give-up-after-s", NEVER_S),
        ]
        if self._line.parts_per_hour is not None:
            options += ["--parts-per-hour", str(self._line.parts_per_hour), "--shift-h", str(self._line.shift_h)]
        for field in ("false_alarm_rate", "max_motion", "min_change", "min_relative_sharpness"):
            if (value := getattr(asked, field)) is not None:
                options += [f"--{field.replace('_', '-')}", str(value)]
        after: dict[str, ActionValue] = {
            "teaching": first.name,
            "backbone": backbone.stem if backbone else None,
            "count": asked.count,
        }
        return [Change(inspector.name, {"teaching": None}, after, lambda: self._begin(inspector, options, first))]

    def stop(self) -> Sequence[Change]:
        """Ends what is being taught; the pictures taken are kept."""
        child = self._child
        name = child.progress.name if child is not None and not child.over else None
        return [Change(child.camera if child else None, {"teaching": name}, {"teaching": None}, self._end)]

    def close(self) -> None:
        """Ends what is being taught, as the station stops; pictures are kept."""
        self._closed = True
        self._end()

    def _begin(self, inspector: Inspector, options: Sequence[str], first: Progress) -> None:
        def tell(progress: Progress) -> None:
            with suppress(StoreError, BusError):  # the publisher ended, so the station does, and says why
                self._tell(inspector.name, progress)
            if progress.state != "collecting":
                log_event(log, "teaching", camera=inspector.name, product=progress.name, state=progress.state)

        with self._lock:
            if not self._closed:
                pairs = inspector.capture.live and not inspector.each_frame_is_a_part
                self._child = TeachingChild(options, first, inspector.name, inspector.tap, live=pairs, tell=tell)

    def _end(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.stop()

    def _meant(self, camera: str | None) -> Inspector:
        here = f"here are: {' '.join(self._inspectors)}"
        if camera is None and len(self._inspectors) == 1:
            return next(iter(self._inspectors.values()))
        if camera is None:
            raise UsageError("which camera is meant?", hint=here)
        if camera not in self._inspectors:
            raise UsageError(f"no camera {camera!r}", hint=here)
        return self._inspectors[camera]

    def _require_admitted(self, backbone: Path) -> None:
        admit = admission(self._security)
        if backbone.is_file():  # where it is not, the child says what is missing
            admit(backbone, hashlib.sha256(read_xml(backbone)).hexdigest())

    def _backbone(self, asked: Teach) -> Path | None:
        """A file of the station's own folder: control opens no other. None for the one that was taught with."""
        name = asked.backbone
        if asked.add and name is None:
            return None
        folder = self._state_dir / BACKBONES
        found = {path.stem: path for path in sorted(folder.glob("*.xml"))}
        if name is None and len(found) == 1:
            return next(iter(found.values()))
        hint = f"here are: {' '.join(found)}" if found else f"copy a backbone's .xml and .bin to {folder}"
        if name is None:
            raise UsageError("which backbone is meant?" if found else "there is no backbone", hint=hint)
        if name not in found:
            raise UsageError(f"no backbone {name!r}", hint=hint)
        return found[name]
