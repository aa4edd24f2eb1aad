"""``edge-ad threshold`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calibration import conformal
from edge.inference.bundle import load_bundle
from tests.edge.command_line import Done, edge_ad, the_line


def threshold(*arguments: str | Path) -> Done:
    return edge_ad("threshold", *arguments)


def test_show_says_it_in_a_line(own_bundle: Path) -> None:
    own = load_bundle(own_bundle).card.calibration
    shown = threshold("show", "--model", own_bundle)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"threshold {own.threshold:.4g}: at most ") and shown.stdout.count("\n") == 1


def test_what_if_gives_other_rates_and_thresholds_and_what_they_miss(own_bundle: Path, tiny_dataset: Path) -> None:
    own = load_bundle(own_bundle).card.calibration
    config = own_bundle.with_name("line-3.toml")
    config.write_text('[[cameras]]\nsource = "0"\n[line]\nparts_per_hour = 60\nshift_h = 10\n', encoding="utf-8")
    asked = ("--model", own_bundle, "--config", config, "--defective", tiny_dataset / "test" / "blob")
    rates = ("--false-alarm-rate", "0.5", "--false-alarm-rate", "0.01", "--threshold", "1e9")
    done = threshold("what-if", *asked, *rates, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    facts, (half, hundredth, given) = told["in_force"], told["choices"]
    assert (facts["threshold"], facts["set_by"]) == (own.threshold, "model")
    rank = conformal.rank(own.pictures, 0.5)
    assert half["share"]["mean"] == pytest.approx((own.pictures + 1 - rank) / (own.pictures + 1))
    assert half["defects"] == {"above": 6, "of": 6}
    assert hundredth["threshold"] is None and hundredth["needs"] == 99
    assert given["defects"] == {"above": 0, "of": 6}


def test_what_is_missing_is_one_line() -> None:
    assert the_line(threshold("show"), 2).startswith("no model was given; --model bottle.xml, or --config")
