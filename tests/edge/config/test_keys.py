"""The keys of a station, and the documentation that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.keys import KEYS, markdown_table, nearest

REFERENCE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_reference_lists_every_key_as_the_models_have_it() -> None:
    assert REFERENCE.read_text(encoding="utf-8").endswith(markdown_table())


def test_every_key_says_what_it_sets() -> None:
    assert [name for name, key in KEYS.items() if not key.field.description] == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("bus.event", "bus.events"),
        ("events", "bus.events"),
        ("busses.events", "bus.events"),
        ("cameras.1.fpss", "cameras.1.fps"),
        ("cameras.1.sorce", "cameras.1.source"),
        ("treshold", "threshold"),
        ("camera.source", "cameras.0.source"),
        ("logs", "log"),
        ("zzz", ""),
    ],
)
def test_the_nearest_key_is_the_one_that_was_meant(wrong: str, right: str) -> None:
    assert nearest(wrong) == right


def test_kind_and_default_read_like_toml() -> None:
    shown = {name: (key.kind, key.default) for name, key in KEYS.items()}
    assert shown["bus.heartbeat_s"] == ("number, >= 0.1, <= 60", "1.0")
    assert shown["bus.heatmaps_of"] == ('"anomalous" or "all" or "none"', '"anomalous"')
    assert shown["model"] == ("path", "")
    assert shown["inference.cache"] == ("boolean", "true")
    assert shown["cameras.*.source"] == ("string", "required")
