from __future__ import annotations

import pytest

from edge.cameras.address import without_password


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://10.0.0.7/stream", "rtsp://10.0.0.7/stream"),
        ("rtsp://user@10.0.0.7/stream", "rtsp://user@10.0.0.7/stream"),
        ("rtsp://user:p@ss:w@10.0.0.7:554/s", "rtsp://user:***@10.0.0.7:554/s"),
        ("http://10.0.0.7:8080/video?to=a@b", "http://10.0.0.7:8080/video?to=a@b"),
        ("http://10.0.0.7/v.cgi?user=a&PWD=secret&x=1", "http://10.0.0.7/v.cgi?user=a&PWD=***&x=1"),
        ("rtspsrc location=rtsp://u:pw@cam/ ! appsink", "rtspsrc location=rtsp://u:***@cam/ ! appsink"),
    ],
)
def test_passwords_are_not_shown(text: str, shown: str) -> None:
    assert without_password(text) == shown
