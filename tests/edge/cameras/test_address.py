from __future__ import annotations

import pytest

from edge.cameras.address import takes_connections, without_password
from tests.edge.cameras.mute_host import MuteHost


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


def test_a_place_is_there_while_it_takes_connections() -> None:
    with MuteHost() as mute:
        address = f"rtsp://user:p@ss@127.0.0.1:{mute.port}/stream"
        assert takes_connections(address)
    assert not takes_connections(address)


@pytest.mark.parametrize("url", ["rtsp://camera:port/", "udp://239.0.0.1", "rtsp:///stream", "file:///parts.mp4"])
def test_what_names_no_place_is_left_to_an_attempt(url: str) -> None:
    assert takes_connections(url)
