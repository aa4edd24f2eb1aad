"""Cards that nobody wrote: any of them is read or one line."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge.errors import BundleError, CardError
from edge.inference.bundle import load_bundle, read_card
from tests.edge.inference.conftest import WriteToy

KEPT = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture
def toy(write_toy: WriteToy) -> Path:
    return write_toy().path


def with_card(model: Path, card: str) -> None:
    """Puts another text in the card's place, as an .xml would carry it."""
    xml = model.read_bytes()
    begin = xml.index(b'<card value="') + len(b'<card value="')
    end = xml.index(b'"', begin)
    model.write_bytes(xml[:begin] + html.escape(card).encode("utf-8", errors="surrogatepass") + xml[end:])


def refused(model: Path) -> None:
    for read in (load_bundle, read_card):
        with pytest.raises(BundleError) as caught:
            read(model)
        assert "\n" not in str(caught.value)


@KEPT
@given(card=st.text(max_size=200))
@example(card="[" * 100_000)
def test_any_text_in_the_place_of_a_card_is_one_line(toy: Path, card: str) -> None:
    with_card(toy, card)
    refused(toy)


@KEPT
@given(data=st.data())
def test_any_value_in_the_place_of_another_is_one_line(toy: Path, data: st.DataObject) -> None:
    xml = toy.read_bytes()
    card: dict[str, Any] = json.loads(load_bundle(toy).card.model_dump_json(by_alias=True))
    part = data.draw(st.sampled_from([card, card["calibration"], card["training"]]))
    key = data.draw(st.sampled_from(sorted(part)))
    part[key] = data.draw(VALUES)
    with_card(toy, json.dumps(card))
    refused(toy)  # also where the card is right: it is not the one that was sealed
    toy.write_bytes(xml)


@KEPT
@given(content=st.binary(max_size=200))
def test_any_bytes_after_the_beginning_of_a_model_are_one_line(tmp_path: Path, content: bytes) -> None:
    model = tmp_path / "any.xml"
    model.write_bytes(b'<?xml version="1.0"?><net><edge_ad><card value="' + content)
    with pytest.raises(CardError) as caught:
        load_bundle(model)
    assert "\n" not in str(caught.value)
