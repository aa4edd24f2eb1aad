from __future__ import annotations

import pytest

from edge.errors import UsageError
from train.commands.train import parse_options, parse_size
from train.models.registry import DEFAULT, KINDS, find_kind, options_of


def test_padim_is_the_default_and_patchcore_is_there() -> None:
    assert DEFAULT == "padim"
    assert {"padim", "patchcore"} < set(KINDS)


def test_an_unknown_model_names_those_that_are_there() -> None:
    with pytest.raises(UsageError, match="unknown model 'padin'; here are: padim patchcore .*; see"):
        find_kind("padin")


def test_options_are_read_as_the_command_line_gives_them() -> None:
    options = options_of(find_kind("padim"), parse_options(["components=64", "fine-weight=0", "power=1"]))
    assert (options.components, options.fine_weight, options.power) == (64, 0.0, 1.0)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("pair", "complaint"),
    [
        ("components=-1", "--option components: .*greater than or equal to 0"),
        ("average=2", "--option average: .*its side is odd"),
        ("stride=12", "--option stride: .*a power of two"),
        ("colour=red", "--option colour: .*; padim has: stride average"),
        ("components=many", "--option components: .*valid integer"),
    ],
)
def test_an_option_that_cannot_work_is_one_line(pair: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        options_of(find_kind("padim"), parse_options([pair]))


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(UsageError, match="--option 'components' has no value"):
        parse_options(["components"])


@pytest.mark.parametrize(("text", "size"), [("256", (256, 256)), ("416x160", (416, 160)), ("64X96", (64, 96))])
def test_sizes_are_a_side_or_height_by_width(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "16", "256x", "64x64x3", "-64", "8192", "64.5", "²56"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size; a side like 256, or HEIGHTxWIDTH"):
        parse_size(text)
