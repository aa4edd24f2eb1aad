"""Any backbone of timm, where timm is installed; its weights are downloaded by timm on first use."""

from __future__ import annotations

import importlib.util

from torch import nn

from edge.errors import TrainingError, UsageError
from train.backbones.backbone import Backbone, Tap


def find_timm(name: str) -> Backbone | None:
    """A backbone of timm by timm's name, or None where timm is absent or does not know it.

    Features at strides 8 and 16 decide, those at 4 place.

    Raises:
        UsageError: the network gives no features at those strides.
    """
    if importlib.util.find_spec("timm") is None:
        return None
    import timm

    if not timm.is_model(name):
        return None
    skeleton = timm.create_model(name, pretrained=False, features_only=True)
    strides = {info["reduction"]: info["index"] for info in skeleton.feature_info.get_dicts()}
    if not {4, 8, 16} <= set(strides):
        raise UsageError(
            f"backbone {name!r} has no features at strides 4, 8 and 16", hint="choose another backbone"
        )
    deepest = max(strides)
    settings = skeleton.default_cfg

    def scaled(values: tuple[float, ...]) -> tuple[float, float, float]:
        red, green, blue = (255.0 * value for value in values)
        return red, green, blue

    return Backbone(
        name=name,
        groups={
            "coarse": (Tap(strides[8], 8), Tap(strides[16], 16)),
            "early": (Tap(strides[4], 4), Tap(strides[8], 8)),
            "fine": (Tap(strides[4], 4),),
            "stride4": (Tap(strides[4], 4),),
            "stride8": (Tap(strides[8], 8),),
            "stride16": (Tap(strides[16], 16),),
            "deep": (Tap(strides[deepest], deepest),),
        },
        mean=scaled(settings["mean"]),
        scale=scaled(settings["std"]),
        licence=f"timm {name}, {settings.get('license') or 'licence not stated by timm'}",
        build=lambda size, blocks, pretrained: _build(name, blocks, pretrained),
    )


def _build(name: str, blocks: tuple[int, ...], pretrained: bool) -> nn.Module:
    import timm

    try:
        network = timm.create_model(name, pretrained=pretrained, features_only=True, out_indices=blocks)
    except (OSError, RuntimeError) as error:  # what the hub client raises where there is no network
        raise TrainingError(
            f"the weights of timm's {name} cannot be had: {' '.join(str(error).split())[:200]}",
            hint="connect to the internet once, or use --backbone efficientnet-lite0, which works offline",
        ) from error
    module: nn.Module = network.eval()
    return module
