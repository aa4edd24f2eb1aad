from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError, UsageError
from edge.inspection.changeovers import keep_changeover
from edge.inspection.chosen import chosen

CAMERAS = """
model = "bottle.xml"
[[cameras]]
name = "top"
source = "0"
[[cameras]]
name = "side"
source = "1"
[[cameras]]
name = "label"
source = "2"
model = "label.xml"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "line-3.toml"
    path.write_text(CAMERAS, encoding="utf-8")
    return path


def test_a_model_alone_judges_nowhere_yet() -> None:
    where = chosen(Path("bottle.xml"), None, None)
    assert (where.model, where.camera, where.cameras) == (Path("bottle.xml"), None, ())


def test_a_camera_has_its_model_and_the_others_that_share_it(config: Path, tmp_path: Path) -> None:
    top, label = chosen(None, config, "top"), chosen(None, config, "label")
    assert top.camera is not None and top.camera.name == "top"
    assert (top.model, top.cameras) == (tmp_path / "bottle.xml", ("top", "side"))
    assert (label.model, label.cameras) == (tmp_path / "label.xml", ("label",))


def test_cameras_with_different_models_must_be_named(config: Path) -> None:
    with pytest.raises(UsageError, match="which camera is meant.*top side label"):
        chosen(None, config, None)
    with pytest.raises(ConfigError, match="has no camera named 'low'; it has: top side label"):
        chosen(None, config, "low")


def test_cameras_that_share_a_model_need_not_be(config: Path, tmp_path: Path) -> None:
    config.write_text(CAMERAS.replace('model = "label.xml"', ""), encoding="utf-8")
    where = chosen(None, config, None)
    assert (where.model, where.camera, where.cameras) == (tmp_path / "bottle.xml", None, ("top", "side", "label"))


def test_a_station_file_without_cameras_has_its_model(tmp_path: Path) -> None:
    config = tmp_path / "line-3.toml"
    config.write_text('model = "bottle.xml"\n', encoding="utf-8")
    assert chosen(None, config, None).model == tmp_path / "bottle.xml"
    with pytest.raises(ConfigError, match="has no camera; "):
        chosen(None, config, "top")


def test_without_either_there_is_nothing() -> None:
    with pytest.raises(UsageError, match="no model was given"):
        chosen(None, None, None)


def test_a_camera_without_a_station_file_is_of_no_station() -> None:
    with pytest.raises(UsageError, match="camera 'top' is of no station; give its station file with --config"):
        chosen(Path("bottle.xml"), None, "top")


def test_a_camera_that_was_changed_over_shares_the_model_no_more(config: Path, tmp_path: Path) -> None:
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n{CAMERAS}', encoding="utf-8")
    bottle = tmp_path / "bottle.xml"
    keep_changeover(new_folder(tmp_path / "state"), "side", "cap", bottle)
    assert chosen(None, config, "top").cameras == ("top",)


def new_folder(path: Path) -> Path:
    path.mkdir()
    return path
