from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.errors import DeviceError
from edge.pictures import Picture, prepare
from edge.scorers.features import features_of

SIZE = (24, 32)


@pytest.fixture(scope="module")
def backbone() -> ov.Model:
    """Two outputs: the picture's channels halved, and its means over blocks of 8 pixels."""
    picture = ops.parameter([1, *SIZE, 3], ov.Type.u8)
    planes = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2])))
    half = ops.multiply(planes, ops.constant(np.float32(0.5)))
    mean = ops.avg_pool(planes, [8, 8], [0, 0], [0, 0], [8, 8], True)
    return ov.Model([half, mean], [picture], "toy")


def pictures(count: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (30 + number, 60, 3), dtype=np.uint8) for number in range(count)]


def test_features_come_in_the_order_of_the_pictures_batch_by_batch(backbone: ov.Model) -> None:
    given, seen = pictures(37), []
    batches = list(features_of(backbone, iter(given), SIZE, device="CPU", seen=seen.append))
    half, mean = (np.concatenate(column) for column in zip(*batches, strict=True))
    assert sum(seen) == 37
    assert [len(batch[0]) for batch in batches] == seen
    for number, pixels in enumerate(given):
        planes = prepare(pixels, SIZE).transpose(2, 0, 1).astype(np.float32)
        np.testing.assert_allclose(half[number], planes / 2)
        blocks = planes.reshape(3, 3, 8, 4, 8).mean(axis=(2, 4))
        np.testing.assert_allclose(mean[number], blocks, rtol=1e-5)


def test_no_pictures_give_no_features(backbone: ov.Model) -> None:
    assert list(features_of(backbone, [], SIZE, device="CPU")) == []


def test_a_device_that_is_not_there_is_named(backbone: ov.Model) -> None:
    with pytest.raises(DeviceError, match="no inference device 'TPU'.*CPU"):
        list(features_of(backbone, pictures(1), SIZE, device="TPU"))
