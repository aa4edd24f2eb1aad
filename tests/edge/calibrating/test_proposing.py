from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.calibrating.proposal import Proposal, accept, proposal_path, write_proposal
from edge.calibrating.proposing import Pool, in_force, propose_fresh, propose_from_pool, read_pool
from edge.errors import BundleError, CalibrationError
from edge.inference.bundle import load_bundle
from edge.inference.calibrate import calibrate
from edge.inference.override import calibration_of, write_override
from edge.inspection.chosen import chosen
from edge.pool.counts import Counts
from edge.pool.entry import Entry
from edge.pool.places import pool_of
from edge.pool.shelf import Shelf

PARTS = 1000


@pytest.fixture
def station(own_bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "line-3.toml"
    table = '[[cameras]]\nname = "top"\nsource = "0"\n'
    path.write_text(f'model = "{own_bundle}"\nstate_dir = "{tmp_path / "state"}"\n{table}', encoding="utf-8")
    return path


def fill(
    model: Path, state: Path, false: list[float], true: list[float], *, camera: str = "top", other: bool = False
) -> None:
    """A pool as a station leaves it: parts that it counted, and alarms that people judged."""
    bundle = load_bundle(model)
    threshold = bundle.card.calibration.threshold
    pool_of(state).mkdir(parents=True, exist_ok=True)
    counts = Counts(pool_of(state))
    for number in range(PARTS):
        counts.add(camera, bundle.sha256, threshold, anomalous=number < len(false) + len(true))
    period = counts.add(camera, bundle.sha256, threshold, anomalous=False)
    counts.write()
    shelf = Shelf(pool_of(state), 10**9)
    for number, score in enumerate([*false, *true], shelf.last_number + 1):
        entry = Entry(
            number=number,
            alert_id=f"alarm-{number}",
            camera=camera,
            time=datetime.now(UTC),
            score=score,
            threshold=threshold,
            period="before" if other else period,
            masked=False,
            model=bundle.sha256,
            judgement="true_alarm" if score in true else "false_alarm",
        )
        shelf.put(entry, b"png")


def pool(config: Path) -> Pool:
    return read_pool(chosen(None, config, None))


def test_false_alarms_raise_the_threshold_to_the_rate_and_tell_what_that_costs(
    station: Path, own_bundle: Path, tmp_path: Path
) -> None:
    was = load_bundle(own_bundle).card.calibration.threshold
    false = [was + step for step in range(1, 41)]  # 4 % of the parts
    true = [was + 10.5, was + 200.0]
    fill(own_bundle, tmp_path / "state", false, true)
    found = pool(station)
    proposal = propose_from_pool(found, in_force(found, "CPU"), 0.02)
    assert proposal is not None
    assert proposal.calibration.threshold == pytest.approx(was + 21)  # 19 of 999 good parts lie above
    effect = proposal.effect
    assert (effect.false_alarms, effect.still_false) == (40, 19)
    assert (effect.true_alarms, effect.still_found) == (2, 1)
    assert proposal.calibration.promised is None and "people judged" in proposal.calibration.warning

    path = write_proposal(found.bundle, proposal)
    assert calibration_of(found.bundle, "CPU").threshold == was  # nothing is changed by itself
    assert accept(own_bundle)[0] == proposal
    assert calibration_of(found.bundle, "CPU") == proposal.calibration
    assert not path.exists()
    with pytest.raises(CalibrationError, match="there is no proposal"):
        accept(own_bundle)


def test_a_rate_that_is_kept_needs_no_proposal(station: Path, own_bundle: Path, tmp_path: Path) -> None:
    was = load_bundle(own_bundle).card.calibration.threshold
    fill(own_bundle, tmp_path / "state", [was + 1] * 10, [])
    assert propose_from_pool(pool(station), in_force(pool(station), "CPU"), 0.02) is None


def test_alarms_that_were_not_counted_with_these_parts_do_not_count(
    station: Path, own_bundle: Path, tmp_path: Path
) -> None:
    """Of a model or a threshold before: nobody knows among how many parts they were."""
    was = load_bundle(own_bundle).card.calibration.threshold
    fill(own_bundle, tmp_path / "state", [was + 1] * 40, [], other=True)
    with pytest.raises(CalibrationError, match="has no judged alarm by this model .*enabled = true under .pool"):
        propose_from_pool(pool(station), in_force(pool(station), "CPU"), 0.02)


@pytest.mark.parametrize("rule", ["anomalous = 2\nof = 5", "clear_after_good = 3", "cool_down_s = 60"])
def test_alarms_that_are_not_all_anomalous_parts_give_no_threshold(
    station: Path, own_bundle: Path, tmp_path: Path, rule: str
) -> None:
    """Of those that raised none nobody can say what they were, and an alarm is the first of several."""
    was = load_bundle(own_bundle).card.calibration.threshold
    fill(own_bundle, tmp_path / "state", [was + step for step in range(1, 41)], [])
    assert propose_from_pool(pool(station), in_force(pool(station), "CPU"), 0.02) is not None
    station.write_text(f"{station.read_text()}[alarm]\n{rule}\n", encoding="utf-8")
    with pytest.raises(CalibrationError, match="not every anomalous part raised an alarm.*give fresh good parts"):
        propose_from_pool(pool(station), in_force(pool(station), "CPU"), 0.02)


def test_other_cameras_are_left_out(station: Path, own_bundle: Path, tmp_path: Path) -> None:
    was = load_bundle(own_bundle).card.calibration.threshold
    fill(own_bundle, tmp_path / "state", [was + 1] * 40, [], camera="low")
    assert pool(station).entries == ()


def test_on_fresh_parts_the_pool_only_tells_what_it_would_have_done(
    station: Path, own_bundle: Path, tmp_path: Path
) -> None:
    was = load_bundle(own_bundle).card.calibration.threshold
    fill(own_bundle, tmp_path / "state", [was + step for step in range(1, 41)], [was + 200.0])
    scores = [was + score / 10 for score in range(100)]
    fresh = calibrate(scores, None, false_alarm_rate=0.1, device="CPU", precision="int8")
    proposal = propose_fresh(pool(station), in_force(pool(station), "CPU"), fresh)
    assert proposal.calibration == fresh and proposal.calibration.promised == 0.1
    assert proposal.effect.still_false == sum(was + step > fresh.threshold for step in range(1, 41))
    assert proposal.effect.still_found == 1


def test_a_proposal_that_does_not_fit_any_more_is_refused(station: Path, own_bundle: Path, tmp_path: Path) -> None:
    bundle = load_bundle(own_bundle)
    fill(own_bundle, tmp_path / "state", [bundle.card.calibration.threshold + 1] * 40, [])
    proposal = propose_from_pool(pool(station), in_force(pool(station), "CPU"), 0.02)
    assert proposal is not None
    path = write_proposal(bundle, proposal)
    scores = [float(score) for score in range(20)]
    write_override(bundle, calibrate(scores, None, false_alarm_rate=0.1, device="CPU", precision="int8"))
    with pytest.raises(CalibrationError, match="has been changed since .*make a new one"):
        accept(own_bundle)
    text = json.loads(path.read_text())
    path.write_text(json.dumps(text | {"bundle_sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(CalibrationError, match="was made for another model"):
        accept(own_bundle)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CalibrationError, match="is not a proposal"):
        accept(own_bundle)
    with pytest.raises(BundleError, match="no such file"):
        accept(tmp_path / "gone.xml")
    assert proposal_path(own_bundle) == path and isinstance(proposal, Proposal)
