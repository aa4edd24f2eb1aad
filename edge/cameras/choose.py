"""From what ``--camera`` says to the kind of camera it means."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cameras.address import without_password
from edge.cameras.device import DeviceSource
from edge.cameras.folder import FolderSource
from edge.cameras.genicam import PREFIX as GENICAM
from edge.cameras.genicam import GenICamSource
from edge.cameras.gstreamer import PREFIX as GSTREAMER
from edge.cameras.gstreamer import GStreamerSource
from edge.cameras.memory import PREFIX as MEMORY
from edge.cameras.memory import MemorySource
from edge.cameras.source import Source
from edge.cameras.stream import SCHEMES, StreamSource
from edge.cameras.video import VideoFileSource
from edge.errors import CameraError, UsageError
from edge.pictures import SUFFIXES

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions


def source_for(options: CameraOptions) -> Source:
    """Chooses the source; opens nothing.

    Raises:
        UsageError: the text is of no kind that is known.
        CameraError: it reads as a file or folder, and there is none.
    """
    text = options.source
    if text.startswith(GSTREAMER) or " ! " in text:
        return GStreamerSource(options)
    if text.startswith(GENICAM):
        return GenICamSource(options)
    if text.startswith(MEMORY):
        return MemorySource(text.removeprefix(MEMORY), loop=options.loop)
    if text.isdecimal() or text.startswith("/dev/"):
        return DeviceSource(options)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme:
        if scheme[1].lower() not in SCHEMES:
            raise UsageError(
                f"cannot use camera {without_password(text)}: unknown kind of address {scheme[1]}://",
                hint=f"these are known: {', '.join(f'{name}://' for name in SCHEMES)}",
            )
        return StreamSource(options)
    return _files(text, loop=options.loop)


def _files(text: str, *, loop: bool) -> Source:
    path = Path(text)
    if path.is_dir() or path.suffix.lower() in SUFFIXES or (glob.has_magic(text) and not path.exists()):
        return FolderSource(text, loop=loop)
    if path.is_file():
        return VideoFileSource(path, loop=loop)
    raise CameraError(
        f"cannot open camera {text}: no such file or folder",
        hint="give an index, a device path, a video, a folder or glob of pictures, an address or a pipeline",
    )
