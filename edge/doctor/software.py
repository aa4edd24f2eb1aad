"""What is installed: Python, the packages that a station needs, and those of the extras."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version

from edge.doctor.check import Check, Status

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"](?P<extra>[a-z]+)['\"])?")


def python() -> Check:
    """The interpreter; older ones than edge-ad supports never come this far."""
    return Check("python", Status.OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def packages() -> Check:
    """What the device side needs."""
    found, missing = _installed(extra=None)
    if missing:
        mend = "install edge-ad again: pip install --force-reinstall edge-ad"
        return Check("packages", Status.FAIL, f"missing: {', '.join(missing)}", mend)
    return Check("packages", Status.OK, ", ".join(found))


def packages_of_extra(name: str, purpose: str) -> Check:
    """An extra is whole, absent (which a device may well be) or half installed (which is a mistake)."""
    found, missing = _installed(extra=name)
    mend = f"pip install 'edge-ad[{name}]'"
    if not found:
        return Check(f"extra {name}", Status.OK, f"not installed; only needed {purpose}", mend)
    if missing:
        return Check(f"extra {name}", Status.WARN, f"missing: {', '.join(missing)}", mend)
    return Check(f"extra {name}", Status.OK, ", ".join(found))


def _installed(extra: str | None) -> tuple[list[str], list[str]]:
    """The packages of an extra, or of the plain install, with their versions; and those that are missing."""
    found, missing = [], []
    try:
        lines = requires("edge-ad") or []
    except PackageNotFoundError:  # run from its source folder
        return [], ["edge-ad"]
    for line in lines:
        requirement = REQUIREMENT.match(line)
        if requirement is None or requirement["extra"] != extra:
            continue
        try:
            found.append(f"{requirement['name']} {version(requirement['name'])}")
        except PackageNotFoundError:
            missing.append(requirement["name"])
    return found, missing
