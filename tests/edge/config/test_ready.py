"""What a station needs before it can run."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.camera import StationCamera
from edge.config.ready import require_runnable
from edge.config.station import StationConfig
from edge.errors import ConfigError

CAMERAS = (StationCamera(source="0"),)


def test_a_station_with_model_and_camera_may_run(tmp_path: Path) -> None:
    for suffix in (".xml", ".bin"):
        (tmp_path / f"bottle{suffix}").touch()
    require_runnable(StationConfig(model=tmp_path / "bottle.xml", cameras=CAMERAS))
    with pytest.raises(ConfigError, match=r"^no camera is set; give --camera"):
        require_runnable(StationConfig(model=tmp_path / "bottle.xml"))


def test_a_station_without_model_or_with_half_of_one_may_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^no model is set; give --model"):
        require_runnable(StationConfig(cameras=CAMERAS))
    (tmp_path / "bottle.xml").touch()
    with pytest.raises(ConfigError, match=r"^no such model file: .*bottle.bin; copy both"):
        require_runnable(StationConfig(model=tmp_path / "bottle.xml", cameras=CAMERAS))


def test_each_camera_needs_a_model_its_own_or_the_stations(tmp_path: Path) -> None:
    for name in ("bottle.xml", "bottle.bin", "label.xml", "label.bin"):
        (tmp_path / name).touch()
    label = StationCamera(name="label", source="1", model=tmp_path / "label.xml")
    require_runnable(StationConfig(cameras=(label,)))
    require_runnable(StationConfig(model=tmp_path / "bottle.xml", cameras=(*CAMERAS, label)))
    with pytest.raises(ConfigError, match="no model is set"):
        require_runnable(StationConfig(cameras=(*CAMERAS, label)))
    (tmp_path / "label.bin").unlink()
    with pytest.raises(ConfigError, match=r"label.bin"):
        require_runnable(StationConfig(model=tmp_path / "bottle.xml", cameras=(*CAMERAS, label)))


def test_what_nobody_made_active_does_not_judge() -> None:
    require_runnable(StationConfig(model=Path("bottle"), cameras=CAMERAS))
    with pytest.raises(ConfigError, match="a station does not run bottle@newest; activate it, then run bottle"):
        require_runnable(StationConfig(model=Path("bottle@newest"), cameras=CAMERAS))
