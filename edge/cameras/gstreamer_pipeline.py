"""The one place that touches GStreamer: the system's own library, by ctypes.

The OpenCV on PyPI is built without GStreamer, and the Python binding belongs to the system's Python. A pipeline
run by ``gst-launch-1.0`` would copy each picture through a pipe, and show passwords in the list of processes.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from edge.errors import CameraError
from edge.pictures import Picture

NULL, PLAYING = 1, 4  # GstState
FAILURE = 0  # GstStateChangeReturn
ERROR = 2  # GstMessageType
SINK = "edge-ad"
NS = 1_000_000_000

CORE = {
    "gst_init_check": (c_int, c_void_p, c_void_p, c_void_p),
    "gst_parse_launch": (c_void_p, c_char_p, c_void_p),
    "gst_bin_get_by_name": (c_void_p, c_void_p, c_char_p),
    "gst_element_set_state": (c_int, c_void_p, c_int),
    "gst_element_get_bus": (c_void_p, c_void_p),
    "gst_bus_pop_filtered": (c_void_p, c_void_p, c_int),
    "gst_message_parse_error": (None, c_void_p, c_void_p, c_void_p),
    "gst_sample_get_buffer": (c_void_p, c_void_p),
    "gst_sample_get_caps": (c_void_p, c_void_p),
    "gst_caps_get_structure": (c_void_p, c_void_p, c_int),
    "gst_structure_get_int": (c_int, c_void_p, c_char_p, POINTER(c_int)),
    "gst_buffer_get_size": (c_size_t, c_void_p),
    "gst_buffer_extract": (c_size_t, c_void_p, c_size_t, c_void_p, c_size_t),
    "gst_mini_object_unref": (None, c_void_p),
    "gst_object_ref_sink": (c_void_p, c_void_p),
    "gst_object_unref": (None, c_void_p),
}
APP = {
    "gst_app_sink_try_pull_sample": (c_void_p, c_void_p, c_uint64),
    "gst_app_sink_is_eos": (c_int, c_void_p),
}
GLIB = {"g_error_free": (None, c_void_p)}
LIBRARIES: dict[str, dict[str, tuple[Any, ...]]] = {
    "libgstreamer-1.0.so.0": CORE,
    "libgstapp-1.0.so.0": APP,
    "libglib-2.0.so.0": GLIB,
}


class GError(ctypes.Structure):
    """What GStreamer says when it fails."""

    message: bytes | None

    _fields_ = [("domain", c_uint32), ("code", c_int), ("message", c_char_p)]


class Pipeline:
    """A running pipeline whose pictures come out at an ``appsink`` named ``SINK``, as BGR.

    Args:
        description: the pipeline in the syntax of ``gst-launch-1.0``.

    Raises:
        CameraError: GStreamer is not installed, or cannot make or start this pipeline; says why.
    """

    def __init__(self, description: str) -> None:
        self._gst = _library()
        failure = POINTER(GError)()
        self._pipeline = self._gst.gst_parse_launch(description.encode(), ctypes.byref(failure))
        if self._pipeline:
            self._pipeline = self._gst.gst_object_ref_sink(self._pipeline)
        if failure:
            self._let_go(self._pipeline)
            raise CameraError(_text(failure))
        self._sink = self._gst.gst_bin_get_by_name(self._pipeline, SINK.encode())
        self._bus = self._gst.gst_element_get_bus(self._pipeline)
        if self._gst.gst_element_set_state(self._pipeline, PLAYING) == FAILURE:
            reason = self.failure() or "it does not start"
            self.stop()
            raise CameraError(reason)

    def picture(self, timeout_s: float) -> Picture | None:
        """Waits for the next picture, uint8 [H, W, 3] BGR; None after the timeout, at the end and on failure."""
        sample = self._gst.gst_app_sink_try_pull_sample(self._sink, round(timeout_s * NS))
        if not sample:
            return None
        try:
            return self._pixels(sample)
        finally:
            self._gst.gst_mini_object_unref(sample)

    @property
    def ended(self) -> bool:
        """Whether no picture will come any more: the source came to its end, or an element failed."""
        return bool(self._gst.gst_app_sink_is_eos(self._sink))

    def failure(self) -> str:
        """What the first element that failed says, one line; empty where none has.

        Ask often: this also empties the pipeline's queue of messages, which has no bound.
        """
        message = self._gst.gst_bus_pop_filtered(self._bus, ERROR)
        if not message:
            return ""
        failure = POINTER(GError)()
        self._gst.gst_message_parse_error(message, ctypes.byref(failure), None)
        self._gst.gst_mini_object_unref(message)
        return _text(failure)

    def stop(self) -> None:
        """Stops it and lets its camera go."""
        self._gst.gst_element_set_state(self._pipeline, NULL)
        self._let_go(self._bus, self._sink, self._pipeline)
        self._bus = self._sink = self._pipeline = None

    def _pixels(self, sample: int) -> Picture:
        structure = self._gst.gst_caps_get_structure(self._gst.gst_sample_get_caps(sample), 0)
        height, width = (self._number(structure, name) for name in (b"height", b"width"))
        buffer = self._gst.gst_sample_get_buffer(sample)
        row_bytes = self._gst.gst_buffer_get_size(buffer) // height  # rows are padded to four bytes
        rows = np.empty((height, row_bytes), np.uint8)
        self._gst.gst_buffer_extract(buffer, 0, rows.ctypes.data, rows.size)
        return np.ascontiguousarray(rows[:, : 3 * width]).reshape(height, width, 3)

    def _number(self, structure: int, name: bytes) -> int:
        number = c_int()
        self._gst.gst_structure_get_int(structure, name, ctypes.byref(number))
        return number.value

    def _let_go(self, *objects: int | None) -> None:
        for one in objects:
            if one:
                self._gst.gst_object_unref(one)


def _text(failure: Any) -> str:
    text = (failure.contents.message or b"").decode(errors="replace")
    _library().g_error_free(failure)
    return " ".join(text.split()).rstrip(".")


@cache
def _library() -> SimpleNamespace:
    """The functions of the three libraries, with their types."""
    functions = SimpleNamespace()
    try:
        for file, signatures in LIBRARIES.items():
            library = ctypes.CDLL(file)
            for name, (result, *arguments) in signatures.items():
                function = library[name]
                function.restype, function.argtypes = result, arguments
                setattr(functions, name, function)
    except OSError as error:
        raise CameraError(
            f"cannot load GStreamer: {error}",
            hint="install it: apt install gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
        ) from error
    functions.gst_init_check(None, None, None)
    return functions
