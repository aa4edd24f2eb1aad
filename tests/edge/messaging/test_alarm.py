"""Alarms against a model that looks at the whole history of a camera for each part anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.messaging.alarm import NofM
from edge.messaging.alarm_options import AlarmOptions
from edge.messaging.messages import LatencyMs, ModelRef, Result
from edge.verdict import Verdict

LETTERS = {"G": Verdict.GOOD, "A": Verdict.ANOMALOUS, "U": Verdict.UNKNOWN}


RESULT = Result(
    station="line-3",
    camera="top",
    time=datetime.now(UTC),
    boot_id="boot",
    mono_ns=0,
    frame_seq=0,
    verdict=Verdict.GOOD,
    score=1.0,
    threshold=3.0,
    score_percentile=None,
    peak=None,
    regions=(),
    model=ModelRef(name="bottle", version="1", sha256="ab" * 32),
    latency_ms=LatencyMs(capture=0, preprocess=0, inference=0, postprocess=0, total=0),
    device="CPU",
)


@dataclass(frozen=True)
class Said:
    """One change of an alarm: at which part, and which alarm of the camera it is."""

    at: int
    state: str
    alarm: int


def line_of(verdicts: str, seconds: list[float] | None = None) -> list[Result]:
    """Parts from letters, one a second unless told otherwise."""
    times = seconds or list(range(len(verdicts)))
    changes = [{"verdict": LETTERS[v], "mono_ns": round(s * 1e9)} for v, s in zip(verdicts, times, strict=True)]
    return [RESULT.model_copy(update=change) for change in changes]


def said(parts: list[Result], options: AlarmOptions) -> list[Said]:
    alarm, names, changes = NofM(options), [], []
    for at, part in enumerate(parts):
        change = alarm.judge(part)
        if change is not None:
            assert change.cause is part
            if change.alert_id not in names:
                names.append(change.alert_id)
            changes.append(Said(at, change.state, names.index(change.alert_id)))
    return changes


def expected(parts: list[Result], options: AlarmOptions) -> list[Said]:
    """The rules of docs/protocol.md, word by word, from the whole history."""
    changes: list[Said] = []
    for at, part in enumerate(parts):
        if part.verdict is Verdict.UNKNOWN:
            continue
        last = changes[-1] if changes else None
        since_change = parts[last.at + 1 : at + 1] if last else parts[: at + 1]
        if last and last.state == "raised" and options.clear_after_good:
            newest = since_change[-options.clear_after_good :]
            if [p.verdict for p in newest] == [Verdict.GOOD] * options.clear_after_good:
                changes.append(Said(at, "cleared", last.alarm))
            continue
        judged = [p.verdict for p in since_change if p.verdict is not Verdict.UNKNOWN][-options.of :]
        raises = [change for change in changes if change.state == "raised"]
        rested = not raises or part.mono_ns - parts[raises[-1].at].mono_ns >= options.cool_down_s * 1e9
        enough = judged.count(Verdict.ANOMALOUS) >= options.anomalous
        if part.verdict is Verdict.ANOMALOUS and enough and rested:
            changes.append(Said(at, "raised", len(raises)))
    return changes


@st.composite
def alarm_options(draw: st.DrawFn) -> AlarmOptions:
    of = draw(st.integers(1, 6))
    return AlarmOptions(
        anomalous=draw(st.integers(1, of)),
        of=of,
        clear_after_good=draw(st.integers(0, 4)),
        cool_down_s=draw(st.sampled_from([0.0, 1.0, 2.5, 20.0])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Result]:
    parts = draw(st.lists(st.tuples(st.sampled_from("GAU"), st.sampled_from([0.01, 0.5, 1.0])), max_size=60))
    return line_of("".join(letter for letter, _ in parts), list(accumulate(gap for _, gap in parts)))


@settings(max_examples=500, deadline=None)
@given(histories(), alarm_options())
@example(line_of("AAGGA"), AlarmOptions(anomalous=2, of=10, clear_after_good=2))
def test_an_alarm_changes_exactly_when_the_history_of_the_camera_says_so(parts, options):
    assert said(parts, options) == expected(parts, options)


@settings(deadline=None)
@given(histories())
def test_without_settings_each_anomalous_part_raises_its_own_alarm_and_none_is_cleared(parts):
    anomalous = [at for at, part in enumerate(parts) if part.verdict is Verdict.ANOMALOUS]
    assert said(parts, AlarmOptions()) == [Said(at, "raised", number) for number, at in enumerate(anomalous)]


@pytest.mark.parametrize(
    ("verdicts", "options", "changes"),
    [
        ("AGA", {"anomalous": 2, "of": 3}, [(2, "raised")]),
        ("AGGA", {"anomalous": 2, "of": 3}, []),
        ("AUUUUA", {"anomalous": 2, "of": 2}, [(5, "raised")]),
        ("AAAA", {"anomalous": 2, "of": 2}, [(1, "raised"), (3, "raised")]),
        ("AAAGAG", {"clear_after_good": 1}, [(0, "raised"), (3, "cleared"), (4, "raised"), (5, "cleared")]),
        ("AGAGG", {"clear_after_good": 2}, [(0, "raised"), (4, "cleared")]),
        ("AGUGG", {"clear_after_good": 2}, [(0, "raised"), (4, "cleared")]),
        ("AGGAGG", {"clear_after_good": 2}, [(0, "raised"), (2, "cleared"), (3, "raised"), (5, "cleared")]),
        ("AAGGAG", {"anomalous": 2, "of": 9, "clear_after_good": 2}, [(1, "raised"), (3, "cleared")]),
        ("AAAAAAA", {"cool_down_s": 3}, [(0, "raised"), (3, "raised"), (6, "raised")]),
        ("AAGGGGA", {"anomalous": 1, "of": 5, "cool_down_s": 3}, [(0, "raised"), (6, "raised")]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_rules_by_example(verdicts, options, changes):
    assert [(change.at, change.state) for change in said(line_of(verdicts), AlarmOptions(**options))] == changes


@pytest.mark.parametrize(
    "wrong", [{"anomalous": 3, "of": 2}, {"anomalous": 0}, {"cool_down_s": float("nan")}, {"n": 1}]
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        AlarmOptions(**wrong)
