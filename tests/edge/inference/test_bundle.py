from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.errors import BundleError, CardError
from edge.inference import bundle as bundle_module
from edge.inference.bundle import copy_bundle, load_bundle
from edge.inference.engine import Engine
from edge.pictures import read_picture
from tests.edge.inference.conftest import WriteToy

SCORES = """
import json, sys
from pathlib import Path
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.pictures import read_picture
engine = Engine(load_bundle(Path(sys.argv[1])), device="CPU")
results = [engine.infer(read_picture(Path(path))) for path in sys.argv[2:]]
print(json.dumps([[raw.score, float(raw.anomaly_map.max()), float(raw.anomaly_map.mean())] for raw in results]))
"""


@pytest.fixture
def own(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    for path in (tiny_bundle, tiny_bundle.with_suffix(".bin")):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / tiny_bundle.name


def test_a_fresh_process_gives_equal_scores(tiny_bundle: Path, tiny_dataset: Path) -> None:
    pictures = sorted((tiny_dataset / "test").glob("*/*.png"))[::3]
    engine = Engine(load_bundle(tiny_bundle), device="CPU")
    ours = [engine.infer(read_picture(path)) for path in pictures]
    done = subprocess.run(
        [sys.executable, "-c", SCORES, tiny_bundle, *pictures], capture_output=True, text=True, check=True
    )
    for raw, (score, peak, mean) in zip(ours, json.loads(done.stdout), strict=True):
        assert raw.anomaly_map is not None
        assert score == pytest.approx(raw.score, rel=1e-6)
        assert peak == pytest.approx(float(raw.anomaly_map.max()), rel=1e-6)
        assert mean == pytest.approx(float(raw.anomaly_map.mean()), rel=1e-5)


def test_what_was_written_is_read_back_with_its_card(write_toy: WriteToy) -> None:
    written = write_toy(name="Fläschchen 瓶 <\"&'> \\ \n", version="2")
    again = load_bundle(written.path)
    assert again.card == written.card
    assert again.card.name == "Fläschchen 瓶 <\"&'> \\ \n"
    assert again.sha256 == written.sha256
    assert {name for output in again.model.outputs for name in output.names} == {"pred_score", "anomaly_map"}


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_file_that_is_cut_off_anywhere_is_refused(own: Path, suffix: str) -> None:
    victim = own.with_suffix(suffix)
    whole = victim.read_bytes()
    for length in {0, 1, 100, len(whole) - 1, *np.linspace(2, len(whole) - 2, 25, dtype=int).tolist()}:
        victim.write_bytes(whole[:length])
        with pytest.raises(BundleError, match=own.stem):
            load_bundle(own)


def test_any_flipped_bit_is_refused(own: Path) -> None:
    chance = np.random.default_rng(20261122)
    for number in range(100):
        victim = own.with_suffix((".xml", ".bin")[number % 2])
        content = bytearray(victim.read_bytes())
        place, bit = int(chance.integers(len(content))), int(chance.integers(8))
        content[place] ^= 1 << bit
        victim.write_bytes(content)
        with pytest.raises(BundleError, match=own.stem):
            load_bundle(own)
        content[place] ^= 1 << bit
        victim.write_bytes(content)
    load_bundle(own)  # mended again: the refusals were for the bits


def test_a_flipped_bit_in_the_digests_themselves_is_refused(own: Path) -> None:
    whole = own.read_bytes()
    for key in (b"bin_sha256", b"xml_sha256"):
        place = whole.index(key) + len(key) + len(b"&quot;:&quot;") + 5
        own.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BundleError):
            load_bundle(own)


def test_the_weights_of_another_bundle_are_refused(write_toy: WriteToy, own: Path) -> None:
    other = write_toy().path.with_suffix(".bin")
    shutil.copy(other, own.with_suffix(".bin"))
    with pytest.raises(
        BundleError, match=r"\.bin is damaged or belongs to another \.xml; copy the \.xml and \.bin"
    ):
        load_bundle(own)


def test_a_missing_file_is_named(own: Path) -> None:
    own.with_suffix(".bin").unlink()
    with pytest.raises(BundleError, match=r"no such file: .*plate\.bin; a bundle is a \.xml and a \.bin"):
        load_bundle(own)
    own.unlink()
    with pytest.raises(BundleError, match=r"no such file: .*plate\.xml"):
        load_bundle(own)


def test_a_plain_openvino_model_is_refused_with_what_would_be_understood(tmp_path: Path) -> None:
    picture = ops.parameter([1, 4], ov.Type.f32)
    ov.save_model(ov.Model([ops.relu(picture)], [picture], "plain"), tmp_path / "plain.xml")
    expected = (
        r"cannot use .*plain\.xml: it has no edge-ad model card, no rt_info/model_info and no output pred_score "
        r"or anomaly_map; write it with 'edge-ad export .*models-from-elsewhere"
    )
    with pytest.raises(CardError, match=expected):
        load_bundle(tmp_path / "plain.xml")


@pytest.mark.parametrize("content", [b"<html><body>bottle</body></html>", b"\x00\x01PNG", b"", b"<?xml version"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bottle.xml"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"bottle\.xml"):
        load_bundle(path)


def changed_card(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    return path


def test_a_card_of_another_schema_is_refused_and_says_what_to_do(own: Path) -> None:
    changed_card(own, b"{&quot;schema&quot;:1,", b"{&quot;schema&quot;:2,")
    with pytest.raises(CardError, match="has schema 2, this version reads 1; export the model with this version"):
        load_bundle(own)


def test_a_card_with_a_value_out_of_bounds_is_named(own: Path) -> None:
    changed_card(own, b"&quot;height&quot;:96", b"&quot;height&quot;:-1")
    with pytest.raises(CardError, match="is not valid: height: "):
        load_bundle(own)


def test_keys_of_a_newer_minor_version_are_passed_over(write_toy: WriteToy) -> None:
    card = write_toy().card
    newer = json.loads(card.model_dump_json(by_alias=True)) | {"lens": "telecentric"}
    newer["calibration"]["operator"] = "night shift"
    assert type(card).model_validate_json(json.dumps(newer)) == card


def test_a_copy_is_the_same_bundle_and_a_damaged_one_is_not_copied(own: Path, tmp_path: Path) -> None:
    copied = copy_bundle(own, tmp_path / "line" / "other.xml")
    assert copied.sha256 == load_bundle(own).sha256
    assert sorted(path.name for path in (tmp_path / "line").iterdir()) == ["other.bin", "other.xml"]
    own.with_suffix(".bin").write_bytes(b"x")
    with pytest.raises(BundleError):
        copy_bundle(own, tmp_path / "line" / "third.xml")
    assert not (tmp_path / "line" / "third.xml").exists()


def test_a_power_cut_at_any_moment_leaves_the_old_bundle_or_one_that_is_refused(
    write_toy: WriteToy, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the seam: each rename in turn is the one that does not come."""
    new, old = write_toy(), load_bundle(own).sha256
    replace = Path.replace
    for allowed in (0, 1):
        moved: list[Path] = []

        def cut(self: Path, target: Path, moved: list[Path] = moved, allowed: int = allowed) -> Path:
            if len(moved) == allowed:
                raise OSError(5, os.strerror(5))
            moved.append(target)
            return replace(self, target)

        monkeypatch.setattr(bundle_module.Path, "replace", cut)
        with pytest.raises(BundleError, match="cannot write .*plate.xml: Input/output error"):
            copy_bundle(new.path, own)
        monkeypatch.setattr(bundle_module.Path, "replace", replace)
        if allowed == 0:
            assert load_bundle(own).sha256 == old
        else:
            with pytest.raises(BundleError, match="damaged or belongs to another"):
                load_bundle(own)
    assert copy_bundle(new.path, own).sha256 == new.sha256  # and writing again mends it
    assert sorted(path.suffix for path in own.parent.glob(f"{own.stem}*")) == [".bin", ".xml"]


def test_a_folder_that_cannot_be_made_is_one_line(write_toy: WriteToy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BundleError, match="cannot write .*check the folder"):
        copy_bundle(write_toy().path, tmp_path / "file" / "bottle.xml")


def test_the_bytes_that_were_proved_are_the_bytes_that_are_copied(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the seam: a source that changes after its first reading."""
    whole = {path: path.read_bytes() for path in (own, own.with_suffix(".bin"))}
    read_bytes = Path.read_bytes

    def once(self: Path) -> bytes:
        content = read_bytes(self)
        if self in whole:
            self.write_bytes(b"another")
        return content

    monkeypatch.setattr(bundle_module.Path, "read_bytes", once)
    copied = copy_bundle(own, tmp_path / "line" / "other.xml").path
    monkeypatch.setattr(bundle_module.Path, "read_bytes", read_bytes)
    assert [copied.read_bytes(), copied.with_suffix(".bin").read_bytes()] == list(whole.values())


FULL = """
import resource, sys
from pathlib import Path
from edge.inference.bundle import load_bundle, write_bundle
bundle = load_bundle(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_bundle(bundle.model, bundle.card, Path(sys.argv[2]), compress_to_fp16=False)
"""


def test_a_full_temporary_folder_is_one_line(tiny_bundle: Path, tmp_path: Path) -> None:
    """A limit on file sizes stands in for the full disk."""
    command = [sys.executable, "-c", FULL, tiny_bundle, tmp_path / "plate.xml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("edge.errors.BundleError: cannot write plate.xml to the temporary folder: ")
    assert said.endswith("; free its disk, or name another one with TMPDIR")
    assert list(tmp_path.iterdir()) == []
