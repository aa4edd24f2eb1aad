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


def test_show_says_it_in_a_line_and_as_json(own_bundle: Path) -> None:
    own = load_bundle(own_bundle).card.calibration
    shown = threshold("show", "--model", own_bundle)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"threshold {own.threshold:.4g}: at most ") and shown.stdout.count("\n") == 1
    facts = json.loads(threshold("show", "--model", own_bundle, "--json").stdout)
    assert (facts["threshold"], facts["set_by"]) == (own.threshold, "model")
    assert facts["calibration"]["pictures"] == own.pictures


def test_what_if_gives_other_rates_and_thresholds_and_what_they_miss(own_bundle: Path, tiny_dataset: Path) -> None:
    own = load_bundle(own_bundle).card.calibration
    config = own_bundle.with_name("line-3.toml")
    config.write_text('[[cameras]]\nsource = "0"\n[line]\nparts_per_hour = 60\nshift_h = 10\n', encoding="utf-8")
    asked = ("--model", own_bundle, "--config", config, "--defective", tiny_dataset / "test" / "blob")
    rates = ("--false-alarm-rate", "0.5", "--false-alarm-rate", "0.01", "--threshold", "1e9")
    done = threshold("what-if", *asked, *rates)
    assert done.returncode == 0, done.stderr
    half, hundredth, given = done.stdout.splitlines()[-3:]
    assert (
        half.endswith("6 of 6")
        and "50 %" in half
        and f"needs 99 good parts, there are {own.pictures}" in hundredth
    )
    assert "1e+09" in given and given.endswith("0 of 6")
    made = json.loads(threshold("what-if", *asked, *rates, "--json").stdout)["choices"]
    rank = conformal.rank(own.pictures, 0.5)
    assert made[0]["share"]["mean"] == pytest.approx((own.pictures + 1 - rank) / (own.pictures + 1))
    assert made[1]["threshold"] is None and made[1]["needs"] == 99
    assert made[2]["defects"] == {"above": 0, "of": 6}


def test_what_is_missing_is_one_line(own_bundle: Path, tmp_path: Path) -> None:
    assert the_line(threshold("show"), 2).startswith("no model was given; --model bottle.xml, or --config")
    assert the_line(threshold("explain", "--model", own_bundle, "--data", tmp_path / "gone"), 1).startswith(
        f"no such folder: {tmp_path}/gone; "
    )
