"""Teach, look, activate: the whole way as processes, on the real backbone."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cli import app
from edge.errors import CardError, SignatureError, TeachingError, UsageError
from edge.inference.bundle import load_bundle
from edge.messaging.messages import Result
from edge.models.signature import create_signing_key, signature_path
from edge.models.store import ModelStore
from edge.pictures import read_picture
from edge.teaching.backbone import BackboneBundle
from tests.conftest import GOOD, plates_in, with_blob
from tests.edge import tiny_models
from tests.edge.command_line import edge_ad, the_line
from tests.edge.running_station import RunningStation, of_kind, until_stopping

ALIKE = ("--min-change", "0")  # plates differ by little more than noise
WAIT = ("--wait-for-subscribers", "1")


def said(*arguments: str | Path) -> str:
    done = edge_ad(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_product_is_taught_looked_at_activated_and_judged(
    tiny_backbone: Path, tiny_dataset: Path, mixed_folder: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    teach = ("teach", "--name", "plate", "--state-dir", state, "--device", "CPU", *ALIKE)
    good = tiny_dataset / "train" / "good"
    lines = said(*teach, "--images", good, "--backbone", tiny_backbone).splitlines()
    reference = lines[0].split(": ")[0]
    assert lines[0] == f"{reference}: taught with {GOOD} pictures, {GOOD} of them new"
    activate = f"models activate {reference} --state-dir {state} --device CPU"
    assert lines[-1] == f"put it in force with: edge-ad {activate}"
    (listed,) = json.loads(said("models", "list", "--state-dir", state, "--json"))
    assert listed["state"] == "", "a candidate, not active"
    said(*activate.split())
    running = RunningStation(Path("plate"), state, "--camera", str(mixed_folder), *WAIT)
    with closing(running) as station, station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    verdicts = {result.picture: str(result.verdict) for result in results}
    assert {verdicts[name] for name in verdicts if "blob" in name} == {"anomalous"}
    assert "good" in verdicts.values()  # five pictures promise no better than one false alarm in six
    assert {result.model.version for result in results} == {reference.split("@")[1]}


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What the command says, run in this process."""
    app([str(argument) for argument in arguments], standalone_mode=False)
    return capsys.readouterr().out


def test_more_is_added_left_out_and_taken_back(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teach = ("teach", "--name", "plate", "--state-dir", tmp_path / "state", "--device", "CPU", *ALIKE)
    first, more = plates_in(tmp_path / "first", 12, seed=1), plates_in(tmp_path / "more", 8, seed=2)
    line = ("--parts-per-hour", 90, "--shift-h", 2)
    *_, rate, ready, _ = told(capsys, *teach, "--images", first, "--backbone", backbone.path, *line).splitlines()
    of_a_shift = re.fullmatch(r"ready; expect at most (\S+) false alarms in a shift of 2 h, on average", ready)
    assert of_a_shift and float(of_a_shift[1]) == pytest.approx(
        1.8 * float(rate.split()[-3].rstrip("%")), rel=0.01
    )
    with pytest.raises(UsageError, match="plate was taught already, with 12 pictures") as caught:
        told(capsys, *teach, "--images", more)
    assert "--add" in caught.value.hint
    (first / "000.png").rename(more / "seen.png")
    (more / "broken.png").write_bytes(b"no picture")
    added = json.loads(told(capsys, *teach, "--images", more, "--add", "--json"))
    assert (added["pictures"], added["new"], added["fitted"], added["state"]) == (20, 8, 16, 2)
    assert added["added_alone"] == {"pictures": 2, "false_alarm_rate": pytest.approx(1 / 3)}
    assert (added["repeated"], added["skipped"]) == (1, [str(more / "broken.png")])
    with pytest.raises(UsageError, match="plate is taught with all of these pictures already"):
        told(capsys, *teach, "--images", more, "--add")
    left = json.loads(told(capsys, *teach, "--leave-out", 3, "--leave-out", 14, "--json"))
    assert (left["pictures"], left["new"], left["state"]) == (18, 0, 3)
    again = json.loads(told(capsys, *teach, "--forget", "3", "--false-alarm-rate", "0.4", "--json"))
    assert (again["pictures"], again["false_alarm_rate"]) == (18, 0.4), "the current model, made again"
    back = json.loads(told(capsys, *teach, "--forget", "1", "--json"))
    assert (back["pictures"], back["deed"]) == (12, "went back")
    states = json.loads(told(capsys, *teach, "--history", "--json"))["states"]
    assert [(state["deed"], len(state["pictures"])) for state in states] == [
        ("taught", 12),
        ("added", 20),
        ("left out", 18),
        ("went back", 18),
        ("went back", 12),
    ]
    assert states[4]["threshold"] == pytest.approx(states[0]["threshold"], rel=1e-5)
    assert " went back to 1 " in told(capsys, *teach, "--history").splitlines()[4]
    assert told(capsys, *teach, "--forget", "all") == "forgot plate; its models stay\n"
    assert len(ModelStore(tmp_path / "state").versions("plate")) >= 3  # in one second only one of a kind is made


def test_pictures_that_wait_are_forgotten_only_once_the_earlier_model_is_made_again(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teach = ("teach", "--name", "plate", "--state-dir", tmp_path / "state", "--device", "CPU", *ALIKE)
    first, more = plates_in(tmp_path / "first", 12, seed=1), plates_in(tmp_path / "more", 3, seed=2)
    told(capsys, *teach, "--images", first, "--backbone", backbone.path)
    with pytest.raises(TeachingError, match="15 different pictures are too few to promise"):
        told(capsys, *teach, "--images", more, "--add", "--false-alarm-rate", "0.01")
    with pytest.raises(TeachingError, match="12 different pictures are too few to promise"):
        told(capsys, *teach, "--forget", "1", "--false-alarm-rate", "0.01")
    assert told(capsys, *teach, "--history").splitlines()[1:] == ["3 pictures came since"]
    back = told(capsys, *teach, "--forget", "1").splitlines()
    assert "forgot 3 pictures that came since" in back
    assert len(told(capsys, *teach, "--history").splitlines()) == 2


def test_a_plain_bundle_is_written_and_signed(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, output = tmp_path / "line.pem", tmp_path / "plate.xml"
    public = create_signing_key(key)
    good = plates_in(tmp_path / "good", 10, seed=1)
    options = (
        "--images",
        good,
        "--backbone",
        backbone.path,
        "--name",
        "plate",
        "--state-dir",
        tmp_path / "state",
        *ALIKE,
    )
    assert str(output) in told(capsys, "teach", *options, "--output", output, "--sign", key)
    assert "signed by line.pub.pem" in told(capsys, "verify", "--model", output, "--public-key", public)
    assert load_bundle(output).card.name == "plate"
    told(capsys, "teach", *options[4:], "--forget", "1", "--output", output)
    assert not signature_path(output).exists(), "that of the model before"
    assert not (tmp_path / "state" / "models").exists()


def test_suspects_are_shown_on_a_contact_sheet(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = plates_in(tmp_path / "good", 30, seed=1)
    spoilt, _ = with_blob(read_picture(good / "007.png"), np.random.default_rng(5))
    cv2.imwrite(str(good / "007.png"), spoilt)
    teach = ("teach", "--name", "plate", "--state-dir", tmp_path / "state", "--backbone", backbone.path, *ALIKE)
    lines = told(capsys, *teach, "--images", good)
    sheet = tmp_path / "state" / "teaching" / "plate" / "suspects.png"
    assert f"pictures 8 may show defects and count all the same: look at {sheet}" in lines
    assert read_picture(sheet).shape[1] > 400
    told(capsys, *teach, "--leave-out", 8)
    assert not sheet.exists()


def test_a_station_that_wants_signatures_teaches_only_what_is_signed(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, trusted = tmp_path / "line.pem", tmp_path / "trusted"
    public = create_signing_key(key)
    trusted.mkdir(mode=0o700)
    public.rename(trusted / "line.pub.pem")
    config = tmp_path / "line.toml"
    config.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[security]\nrequire_signed = true\ntrusted_keys = "{trusted}"\n'
    )
    good = plates_in(tmp_path / "good", 11, seed=1)
    teach = ("teach", "--name", "plate", "--config", config, "--images", good, "--backbone", backbone.path, *ALIKE)
    with pytest.raises(SignatureError, match="toy.xml is not signed"):
        told(capsys, *teach)
    told(capsys, "sign", "--model", backbone.path, "--key", key)
    with pytest.raises(SignatureError, match="plate.xml is not signed"):
        told(capsys, *teach)
    assert "plate@" in told(capsys, *teach, "--sign", key)
    assert "plate@" in told(capsys, *teach[:5], "--leave-out", 1, "--sign", key), "the kept backbone is signed too"


def test_wrong_requests_are_one_line(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = plates_in(tmp_path / "few", 9, seed=3)
    options = ("teach", "--name", "plate", "--state-dir", tmp_path / "state", "--images", few, *ALIKE)
    assert the_line(edge_ad(*options), 2).startswith("no backbone was given; --backbone lite0-int8.xml")
    with pytest.raises(CardError, match="is not a backbone but a model"):
        told(capsys, *options, "--backbone", tiny_models.grey(tmp_path / "grey.xml"))
    with pytest.raises(TeachingError, match="9 different pictures are too few to teach a product") as caught:
        told(capsys, *options, "--backbone", backbone.path)
    assert caught.value.hint == "1 more good ones are needed; those that were taken are kept"
    assert told(capsys, *options[:5], "--history") == "9 pictures came since\n"
    for wrong, message in (
        ("--forget=2", "plate has no state '2'"),
        ("--leave-out=77", "not taught with picture 77"),
    ):
        with pytest.raises(UsageError, match=message):
            told(capsys, *options[:5], wrong)
