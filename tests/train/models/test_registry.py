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
        ("components=-1", "components: must be at least 0, not -1; see 'edge-ad models kinds padim'"),
        ("average=2", "average: a neighbourhood has a middle cell, so its side is odd"),
        ("stride=12", "stride: a stride is a power of two, as those of the backbone's blocks are"),
        ("components=many", "components: must be a whole number, not many"),
        ("components=1.5", "components: must be a whole number, not 1.5"),
        ("fine_weight=much", "fine_weight: must be a number, not much"),
        ("colour=red", "colour: padim has no such option; padim has: stride average "),
        ("component=4", r"component: padim has no such option; did you mean components\?$"),
    ],
)
def test_an_option_that_cannot_work_is_one_line(pair: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=f"^--option {complaint}"):
        options_of(find_kind("padim"), parse_options([pair]))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("value", ["", "text", "1.5", "-1e9", "1e9", "-1000000000", "1000000000", "nan", "inf"])
def test_no_value_is_refused_in_the_words_of_a_library(name: str, value: str) -> None:
    kind = find_kind(name)
    for option in kind.options.model_fields:
        try:
            options_of(kind, {option: value})
        except UsageError as error:
            words = error.message
            assert words.startswith(f"--option {option}: ")
            assert not any(word in words for word in ("Input", "error", "have another value"))


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
