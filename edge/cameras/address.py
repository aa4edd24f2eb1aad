"""Addresses: as they may be shown in errors and logs, and whether anything is there."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

USER_AND_PASSWORD = re.compile(r"(?<=://)([^\s/?#@:]*):[^\s/?#]*@")
PASSWORD_IN_QUERY = re.compile(r"([?&](?:pass|passwd|password|pwd)=)[^\s&#]*", re.IGNORECASE)
PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
CONNECT_S = 0.25


def without_password(text: str) -> str:
    """Hides passwords in the addresses of a text: ``rtsp://user:secret@host`` becomes ``rtsp://user:***@host``."""
    return PASSWORD_IN_QUERY.sub(r"\1***", USER_AND_PASSWORD.sub(r"\1:***@", text))


def takes_connections(url: str) -> bool:
    """Whether something takes TCP connections at an address; True where it names no place that could be tried."""
    address = urlsplit(url)
    try:
        place = address.hostname, address.port or PORTS.get(address.scheme)
    except ValueError:  # a port that is no number
        return True
    if not all(place):
        return True
    try:
        socket.create_connection(place, CONNECT_S).close()
    except OSError:
        return False
    return True
