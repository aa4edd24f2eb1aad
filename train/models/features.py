"""The network of models that keep a published one."""

from __future__ import annotations

from typing import Protocol

from edge.errors import UsageError
from edge.scorers.scorer import View
from train.backbones.extractor import Extractor
from train.backbones.registry import find_backbone
from train.models.setup import Setup


class Viewing(Protocol):
    """Options that say which features a model needs."""

    def views(self) -> tuple[View, ...]: ...


def extractor(setup: Setup, options: Viewing, pretrained: bool) -> Extractor:
    """The features that the options ask of the setup's backbone; for ``Kind.network``.

    Raises:
        UsageError: there is no such backbone.
    """
    if setup.backbone is None:
        raise UsageError(f"{setup.model} needs a backbone", hint="give --backbone efficientnet-lite0")
    return Extractor(find_backbone(setup.backbone), options.views(), setup.size, pretrained=pretrained)
