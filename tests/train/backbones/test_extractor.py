from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from edge.errors import UsageError
from edge.inference.devices import compile_model
from edge.scorers.scorer import View, grid_of
from export.backbone_ir import to_openvino
from train.backbones.backbone import Backbone, Tap
from train.backbones.extractor import Extractor
from train.backbones.registry import find_backbone

PADIM = (View("coarse", 16, 3), View("fine", 8))


def noise(count: int, size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *size, 3), dtype=np.uint8)


def lite0(views: tuple[View, ...], size: tuple[int, int]) -> Extractor:
    return Extractor(find_backbone("efficientnet-lite0"), views, size).eval()


def test_the_openvino_graph_gives_torchs_features() -> None:
    size = (75, 100)  # neither square nor a multiple of any stride
    extractor = lite0(PADIM, size)
    compiled, _ = compile_model(to_openvino(extractor, size), device="CPU")
    assert all(view.taps in output.names for view, output in zip(PADIM, compiled.outputs, strict=True))
    for picture in noise(3, size):
        with torch.inference_mode():
            expected = [view.numpy() for view in extractor(torch.from_numpy(picture[None]))]
        found = compiled(picture[None])
        for number, view in enumerate(expected):
            assert np.abs(found[number] - view).max() < 1e-4 * np.abs(view).max()


def test_the_same_picture_gives_the_same_features_alone_and_among_others() -> None:
    extractor = lite0(PADIM, (64, 64))
    pictures = torch.from_numpy(noise(5, (64, 64)))
    with torch.inference_mode():
        together, again = extractor(pictures), extractor(pictures)
        alone = extractor(pictures[3:4])
    for first, second, one in zip(together, again, alone, strict=True):
        assert torch.equal(first, second)
        torch.testing.assert_close(first[3:4], one, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [4, 8, 16, 32, 64])
@pytest.mark.parametrize("size", [(64, 64), (100, 75), (98, 130), (33, 63)], ids=str)
def test_views_have_the_grid_that_scorers_expect_at_any_size(size: tuple[int, int], stride: int) -> None:
    for taps in ("coarse", "fine"):
        extractor = Extractor(
            find_backbone("efficientnet-lite0"), (View(taps, stride, 3),), size, pretrained=False
        )
        with torch.inference_mode():
            (features,) = extractor.eval()(torch.zeros(1, *size, 3, dtype=torch.uint8))
        assert tuple(features.shape[2:]) == grid_of(size, stride)


class Shrink(nn.Module):
    """A backbone whose features are known: means of blocks of 2 and of 4 pixels."""

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [nn.functional.avg_pool2d(x, 2), nn.functional.avg_pool2d(x, 4)]


def shrink() -> Backbone:
    return Backbone(
        name="shrink",
        groups={"coarse": (Tap(0, 2), Tap(1, 4))},
        mean=(10.0, 20.0, 30.0),
        scale=(1.0, 2.0, 4.0),
        licence="none",
        build=lambda size, blocks, pretrained: Shrink(),
    )


def test_pictures_are_turned_to_rgb_and_normalized() -> None:
    picture = np.zeros((1, 8, 8, 3), np.uint8)
    picture[..., :] = (110, 60, 40)  # B, G, R
    (features,) = Extractor(shrink(), (View("coarse", 4),), (8, 8))(torch.from_numpy(picture))
    expected = torch.tensor([(40 - 10) / 1, (60 - 20) / 2, (110 - 30) / 4] * 2)
    torch.testing.assert_close(features[0], expected[:, None, None].expand(6, 2, 2))


def test_neighbourhoods_at_the_border_average_the_cells_that_exist() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
    (plain,) = Extractor(shrink(), (View("coarse", 4),), (16, 16))(torch.from_numpy(picture))
    (averaged,) = Extractor(shrink(), (View("coarse", 4, 3),), (16, 16))(torch.from_numpy(picture))
    coarse, expected = averaged[0, 3:].numpy(), plain[0, 3:].numpy()  # the tap whose stride is the view's
    np.testing.assert_allclose(coarse[:, 0, 0], expected[:, :2, :2].mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(coarse[:, 1, 3], expected[:, 0:3, 2:].mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)


def test_a_group_that_the_backbone_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="backbone shrink has no fine features"):
        Extractor(shrink(), (View("fine", 4),), (8, 8))
