from __future__ import annotations

import pytest

from edge.cameras.options import CameraOptions, camera_options
from edge.errors import UsageError


def test_every_field_is_described() -> None:
    assert [name for name, field in CameraOptions.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"source": "0", "fps": 0}, "--fps 0: input should be greater than 0"),
        ({"source": ""}, "--camera '': string should have at least 1 character"),
        ({"source": "0", "name": "../x"}, "--name '../x': string should match pattern '^[A-Za-z0-9_-]{1,64}$'"),
        ({"source": "0", "fourcc": "MJPEG"}, "--fourcc 'MJPEG': string should match pattern"),
        ({"source": "0", "exposure": float("nan")}, "--exposure nan: input should be a finite number"),
    ],
)
def test_a_wrong_value_names_its_option(given: dict[str, object], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        camera_options(**given)
    assert str(caught.value).startswith(line)


def test_what_is_not_given_keeps_its_default() -> None:
    assert camera_options(source="0", fps=None, width=640) == CameraOptions(source="0", width=640)
