"""Where pictures came from: what the card says of it, and that cameras are not mixed without a word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import pytest

from edge.collecting.collection import Pacing
from edge.collecting.sieve import Limits
from edge.errors import CalibrationError, UsageError
from edge.teaching.at_camera import AtCamera, Shift
from edge.teaching.backbone import BackboneBundle
from edge.teaching.images import add_images
from edge.teaching.progress import Progress, Teller
from edge.teaching.session import Session
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.teaching.conftest import teach_plates
from tests.edge.teaching.parts import parts, written

COUNT = 12


@pytest.fixture
def session(tmp_path: Path, backbone: BackboneBundle) -> Session:
    return Session(tmp_path / "plate", backbone)


def take(session: Session, backbone: BackboneBundle, camera: str) -> None:
    """Takes pictures and makes no model of them."""
    asked = AtCamera(
        camera=camera,
        config=None,
        given={},
        count=COUNT,
        pacing=Pacing(0.0, 10.0),
        limits=Limits(),
        max_motion=0.0,
        rate=None,
        shift=Shift(None, 8.0),
    )
    asked.teach(
        session, backbone, not_this_time, Teller(Progress(name="plate", wanted=COUNT), lambda progress: None)
    )


def not_this_time() -> NoReturn:
    raise CalibrationError("no model this time")


def origins(session: Session) -> set[str]:
    return {kept.taken_from for kept in session.pictures}


def test_a_cameras_password_is_on_no_card(session: Session, backbone: BackboneBundle) -> None:
    with MjpegServer(parts(COUNT + 12), fps=30) as server:
        address = server.url.replace("http://", "http://line:secret@")
        with pytest.raises(CalibrationError):
            take(session, backbone, address)
    assert origins(session) == {f"camera {address.replace('secret', '***')}"}


def test_a_folder_is_known_by_its_name_alone(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "home" / "ada" / "new-lamp", parts(2))
    monkeypatch.chdir(folder)
    add_images(session, Path())
    assert origins(session) == {"new-lamp"}


def test_pictures_that_wait_are_not_mixed_with_another_cameras(
    session: Session, backbone: BackboneBundle, tmp_path: Path
) -> None:
    camera = str(written(tmp_path / "camera", parts(COUNT)))
    teach_plates(session, parts(4), taken_from="camera top")
    told = f"4 pictures that wait to be taught are from camera top, not from camera {camera}; go on there, or give"
    with pytest.raises(UsageError, match=re.escape(told)):
        take(session, backbone, camera)
    assert origins(session) == {"camera top"}
    session.drop(session.pending)
    for _ in range(2):  # its own are gone on with
        with pytest.raises(CalibrationError):
            take(session, backbone, camera)
    assert origins(session) == {f"camera {camera}"}
