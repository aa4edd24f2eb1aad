"""Addresses as they may be shown in errors and logs."""

from __future__ import annotations

import re

USER_AND_PASSWORD = re.compile(r"(?<=://)([^\s/?#@:]*):[^\s/?#]*@")
PASSWORD_IN_QUERY = re.compile(r"([?&](?:pass|passwd|password|pwd)=)[^\s&#]*", re.IGNORECASE)


def without_password(text: str) -> str:
    """Hides passwords in the addresses of a text: ``rtsp://user:secret@host`` becomes ``rtsp://user:***@host``."""
    return PASSWORD_IN_QUERY.sub(r"\1***", USER_AND_PASSWORD.sub(r"\1:***@", text))
