"""Bytes that claim to be pictures: any of them is a picture or one line, and none takes much memory."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import PictureError
from edge.pictures import decode_picture

MOST_PIXELS = 2**27
PLAIN = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
WHOLE = [bytes(cv2.imencode(kind, PLAIN)[1]) for kind in (".png", ".jpg", ".bmp", ".tiff", ".webp", ".ppm")]


def decoded(content: bytes) -> None:
    try:
        pixels = decode_picture(np.frombuffer(content, np.uint8), "part.png")
    except PictureError as error:
        assert "\n" not in str(error) and "part.png" in str(error)
    else:
        assert pixels.dtype == np.uint8 and pixels.ndim == 3 and 0 < pixels.size <= 3 * MOST_PIXELS


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_one_line(content: bytes) -> None:
    decoded(content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_a_damaged_picture_is_a_picture_or_one_line(whole: bytes, data: st.DataObject) -> None:
    content = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, min(len(whole), 200) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    decoded(bytes(content[: data.draw(st.integers(0, len(content)))]))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_bomb(width: int, height: int) -> bytes:
    """A whole PNG of black pixels: kilobytes that would become gigabytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row * 64) for _ in range(height // 64)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg_bomb(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size than its pixels have."""
    content = bytearray(WHOLE[1])
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(content)


DECODE = """
import resource, sys
from pathlib import Path
from edge.errors import PictureError
from edge.pictures import read_picture
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_picture(Path(sys.argv[1]))
except PictureError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("bomb", [png_bomb(30_016, 30_016), jpeg_bomb(65_000, 65_000)], ids=["png", "jpeg"])
def test_a_bomb_is_refused_before_it_takes_memory(bomb: bytes, tmp_path: Path) -> None:
    assert len(bomb) < 1_000_000
    path = tmp_path / "bomb.img"
    path.write_bytes(bomb)
    done = subprocess.run(
        [sys.executable, "-c", DECODE, path], capture_output=True, text=True, timeout=60, check=True
    )
    said, grown_mb = done.stdout.splitlines()
    assert said.startswith(f"cannot decode {path}")
    assert int(grown_mb) < 50
