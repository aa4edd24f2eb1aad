from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import compress
from operator import not_
from pathlib import Path

import numpy as np
import pytest
from sklearn.covariance import EmpiricalCovariance

from calibration import conformal
from edge.errors import BundleError, TeachingError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.pictures import Picture, read_picture
from edge.scorers.features import Features, features_of
from edge.scorers.gaussian import shorten
from edge.scorers.jitter import Jitter
from edge.scorers.moments import Array
from edge.scorers.padim import PadimFit, PadimOptions, PadimScorer
from edge.teaching.backbone import BackboneBundle, write_backbone
from edge.teaching.fit import Taught, fit
from edge.teaching.session import Session
from edge.teaching.sides import sets_threshold
from edge.teaching.step import back_to, forward
from edge.teaching.threshold import Alone
from tests.conftest import with_blob
from tests.edge.teaching.conftest import OPTIONS, SIDE, plates, teach_plates, toy_card, toy_graph
from tests.edge.teaching.parts import written
from train.data.measuring import measure_jitter
from train.models.registry import find_kind


@pytest.fixture
def session(tmp_path: Path, backbone: BackboneBundle) -> Iterator[Session]:
    with Session(tmp_path / "teaching" / "plate", backbone) as opened:
        yield opened


def taught(session: Session, backbone: BackboneBundle, path: Path, **options: object) -> Taught:
    step = forward(session)
    done = fit(session, backbone, step, path, name="plate", device="CPU", **options)  # type: ignore[arg-type]
    session.record(step.state(len(session.states) + 1, done.bundle))
    return done


def views_of(backbone: BackboneBundle, pictures: Iterable[Picture]) -> list[Array]:
    batches = list(features_of(backbone.model, pictures, (SIDE, SIDE), device="CPU"))
    return [np.concatenate(view) for view in zip(*batches, strict=True)]


def test_the_threshold_rests_on_pictures_that_were_not_fitted(
    session: Session, backbone: BackboneBundle, tmp_path: Path
) -> None:
    """Fit, score and threshold are done again here as a workstation does them, all pictures at once.

    It fits jittered copies too, as far off as these pictures differ; none of them reaches the threshold.
    """
    shown = plates(40)
    teach_plates(session, shown)
    done = taught(session, backbone, tmp_path / "plate.xml")
    apart = [sets_threshold(number, 0) for number in range(1, 41)]
    paths = sorted(written(tmp_path / "good", list(compress(shown, map(not_, apart)))).iterdir())
    jitter = measure_jitter(find_kind("padim").copies, paths, (SIDE, SIDE), {})
    assert jitter.copies == 2 and jitter != Jitter(copies=2, aspect=jitter.aspect), "the plates' own differences"
    fitted = jitter.with_copies(map(read_picture, paths), (SIDE, SIDE), 0)
    scorer = PadimScorer.fit([views_of(backbone, fitted)], (SIDE, SIDE), OPTIONS)
    scored = scorer.score(views_of(backbone, compress(shown, apart)))
    calibration = done.bundle.card.calibration
    rate = conformal.smallest_rate(8)
    assert (calibration.pictures, calibration.false_alarm_rate) == (8, pytest.approx(rate))
    assert calibration.threshold == pytest.approx(conformal.threshold(scored.scores, rate), rel=2e-3)
    peaks = scored.maps.max(axis=(1, 2))
    assert calibration.pixel_threshold == pytest.approx(conformal.threshold(peaks, rate), rel=5e-3)
    assert calibration.by == "teach"
    assert calibration.view is not None and calibration.view.pictures == 40


def test_the_card_says_what_it_was_taught_with(session: Session, backbone: BackboneBundle, tmp_path: Path) -> None:
    teach_plates(session, plates(15))
    taught(session, backbone, tmp_path / "first.xml")
    teach_plates(session, plates(20)[15:], "good-new-lamp")
    card = taught(session, backbone, tmp_path / "plate.xml").bundle.card
    training = card.training
    assert training is not None
    steps = [(step.deed, step.pictures, step.added) for step in training.history]
    assert steps == [("taught", 15, {"camera top": 15}), ("added", 20, {"good-new-lamp": 5})]
    assert (training.pictures, training.backbone, training.backbone_licence) == (16, "toy", "none")
    assert training.backbone_sha256 == backbone.sha256
    fitted = [kept.source for kept in session.pictures if not sets_threshold(kept.number, 0)]
    assert training.fitted == tuple(sorted(fitted))
    listing = "\n".join(sorted(kept.sha256 for kept in session.pictures))
    assert training.listing_sha256 == hashlib.sha256(listing.encode()).hexdigest()
    assert (card.name, card.model, card.precision) == ("plate", "padim", "fp16")
    assert PadimOptions.model_validate(card.options) == OPTIONS


def test_adding_pictures_equals_teaching_with_all_at_once_and_going_back_with_the_first(
    session: Session, backbone: BackboneBundle, tmp_path: Path
) -> None:
    shown = plates(20)
    teach_plates(session, shown[:12])
    first = taught(session, backbone, tmp_path / "first.xml")
    teach_plates(session, shown[12:])
    added = taught(session, backbone, tmp_path / "added.xml")
    with Session(tmp_path / "teaching" / "at-once", backbone) as other:
        teach_plates(other, shown)
        at_once = taught(other, backbone, tmp_path / "at-once.xml")
    returned = fit(
        session,
        backbone,
        back_to(session, session.find("last")),
        tmp_path / "back.xml",
        name="plate",
        device="CPU",
    )
    unseen = plates(4, seed=1)
    for one, same in ((added, at_once), (first, returned)):
        ours, theirs = (Engine(load_bundle(each.bundle.path), device="CPU") for each in (one, same))
        for pixels in unseen:
            assert ours.infer(pixels).score == pytest.approx(theirs.infer(pixels).score, rel=1e-5)
        assert one.calibration.threshold == pytest.approx(same.calibration.threshold, rel=1e-5)
        assert one.calibration.view == same.calibration.view
    assert first.calibration.threshold != added.calibration.threshold


def test_what_added_pictures_promise_by_themselves_is_said(
    session: Session, backbone: BackboneBundle, tmp_path: Path
) -> None:
    """A threshold of forty under one lamp and twenty under another promises nothing about the other one alone."""
    teach_plates(session, plates(40))
    assert taught(session, backbone, tmp_path / "first.xml").added is None
    noise = np.random.default_rng(0).normal(0, 60, (20, *plates(1)[0].shape))
    other_lamp = list(np.clip(plates(20, seed=2) + noise, 0, 255).astype(np.uint8))
    teach_plates(session, other_lamp)
    done = taught(session, backbone, tmp_path / "added.xml", false_alarm_rate=0.25)
    engine = Engine(load_bundle(done.bundle.path), device="CPU")
    aside = [pixels for number, pixels in enumerate(other_lamp, 41) if sets_threshold(number, 0)]
    above = sum(engine.infer(pixels).score > done.calibration.threshold for pixels in aside)
    assert done.added == Alone(pictures=4, false_alarm_rate=(above + 1) / 5)
    assert above > 1, "the tail that the rate of all allows is of the new lamp"


def test_a_fit_in_batches_has_scikit_learns_covariance_of_all_pictures(
    session: Session, backbone: BackboneBundle
) -> None:
    """Of real features, at every position; the scorer's distance is written out with the full inverse."""
    teach_plates(session, plates(30))
    options = OPTIONS.model_copy(update={"rank": 0})
    streaming = PadimFit((SIDE, SIDE), options)
    extractor = Features(backbone.model, (SIDE, SIDE), device="CPU")
    for views in extractor.of(session.read(session.pictures)):
        streaming.add(views)
    batches = extractor.of(session.read(session.pictures))
    good = np.concatenate([shorten(views[0], options.power) for views in batches]).astype(np.float64)
    unseen = next(extractor.of(plates(3, seed=1)))
    distances = streaming.scorer().coarse.distances(shorten(unseen[0], options.power))
    floor = options.shrinkage * good.var(axis=0, ddof=1).mean()
    for row, column in np.ndindex(4, 4):
        estimate = EmpiricalCovariance().fit(good[:, :, row, column])
        covariance = estimate.covariance_ * len(good) / (len(good) - 1) + floor * np.eye(12)
        apart = shorten(unseen[0], options.power)[:, :, row, column] - estimate.location_
        expected = np.sqrt(np.einsum("nc,cd,nd->n", apart, np.linalg.inv(covariance), apart))
        np.testing.assert_allclose(distances[:, row, column], expected, rtol=2e-3)


def test_memory_does_not_grow_with_the_number_of_pictures() -> None:
    def peak(count: int) -> int:
        rng = np.random.default_rng(0)
        tracemalloc.start()
        fit_ = PadimFit((SIDE, SIDE), PadimOptions(fine_weight=0))
        for _ in range(count // 8):
            fit_.add([rng.normal(size=(8, 64, 4, 4)).astype(np.float32)])
        fit_.scorer()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(400) < 1.05 * peak(40)


@pytest.mark.parametrize(
    ("count", "rate", "message"),
    [
        (9, None, "9 different pictures are too few to teach a product; 1 more good ones are needed;"),
        (
            20,
            0.1,
            "20 different pictures are too few to promise at most 10.00% false alarms; 2[0-9] more good ones",
        ),
    ],
)
def test_too_few_pictures_are_refused_with_how_many_are_missing(
    session: Session, backbone: BackboneBundle, tmp_path: Path, count: int, rate: float | None, message: str
) -> None:
    teach_plates(session, plates(count))
    with pytest.raises(TeachingError, match=message):
        taught(session, backbone, tmp_path / "plate.xml", false_alarm_rate=rate)
    assert not (tmp_path / "plate.xml").exists()


def test_defective_parts_among_the_good_are_named_and_used_all_the_same(
    session: Session, backbone: BackboneBundle, tmp_path: Path
) -> None:
    """Whichever side they are on: those that are fitted look good to their own model."""
    rng = np.random.default_rng(5)
    shown = plates(40)
    spoilt = [7, 8, 9, 10, 11]  # one of them sets the threshold
    for number in spoilt:
        shown[number - 1], _ = with_blob(shown[number - 1], rng)
    teach_plates(session, shown)
    done = taught(session, backbone, tmp_path / "plate.xml")
    assert sorted(suspect.kept.number for suspect in done.suspects) == spoilt
    scores = [suspect.score for suspect in done.suspects]
    assert scores == sorted(scores, reverse=True) and scores[-1] > 1.5
    training = done.bundle.card.training
    assert training is not None and training.pictures == 32
    teach_plates(session, plates(48)[40:])
    assert taught(session, backbone, tmp_path / "plate.xml").suspects == (), "they were named once"


def test_clean_pictures_have_no_suspects(session: Session, backbone: BackboneBundle, tmp_path: Path) -> None:
    teach_plates(session, plates(60))
    assert taught(session, backbone, tmp_path / "plate.xml").suspects == ()


def test_a_backbone_that_gives_other_features_than_where_it_was_made_is_refused(
    session: Session, tmp_path: Path
) -> None:
    made = write_backbone(toy_graph(), toy_card(), tmp_path / "made.xml")
    assert made.card.golden is not None
    wrong = made.card.golden.model_copy(update={"values": tuple(2 * value for value in made.card.golden.values)})
    damaged = BackboneBundle(
        made.path, made.card.model_copy(update={"golden": wrong}), made.model, made.options, made.sha256
    )
    teach_plates(session, plates(12))
    with pytest.raises(BundleError, match="failed its trial: its golden features"):
        taught(session, damaged, tmp_path / "plate.xml")
