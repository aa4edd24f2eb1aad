from __future__ import annotations

import json
import pickletools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from edge.errors import CheckpointError, UsageError
from edge.pictures import read_picture
from train.checkpoint import DIGEST, KEY, _digest, load_checkpoint, save_checkpoint
from train.models.model import Model

SCORES = """
import json, sys
from pathlib import Path
from edge.pictures import read_picture
from train.checkpoint import load_checkpoint
model, _ = load_checkpoint(Path(sys.argv[1]))
(scored,) = model.predict([read_picture(Path(path)) for path in sys.argv[2:]])
print(json.dumps([scored.scores.tolist(), scored.maps.max(axis=(1, 2)).tolist()]))
"""


@pytest.fixture
def pictures(tiny_dataset: Path) -> list[Path]:
    return sorted((tiny_dataset / "test").glob("*/*.png"))[::3]


@pytest.fixture
def own(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes())
    return path


def test_a_fresh_process_gives_equal_scores(tiny_checkpoint: Path, pictures: list[Path]) -> None:
    model, _ = load_checkpoint(tiny_checkpoint)
    (ours,) = model.predict([read_picture(path) for path in pictures])
    done = subprocess.run(
        [sys.executable, "-c", SCORES, tiny_checkpoint, *pictures], capture_output=True, text=True, check=True
    )
    scores, peaks = json.loads(done.stdout)
    np.testing.assert_allclose(scores, ours.scores, rtol=1e-6)
    np.testing.assert_allclose(peaks, ours.maps.max(axis=(1, 2)), rtol=1e-6)


def test_what_is_saved_comes_back(own: Path, tmp_path: Path) -> None:
    model, header = load_checkpoint(own)
    save_checkpoint(tmp_path / "deeper" / "again.safetensors", model, header)
    again, same = load_checkpoint(tmp_path / "deeper" / "again.safetensors")
    assert same == header
    for name, tensor in model.tensors().items():
        assert torch.equal(tensor, again.tensors()[name]), name
    (plain := tmp_path / "plain").touch()  # who may read any other file of this folder may read the checkpoint
    assert (tmp_path / "deeper" / "again.safetensors").stat().st_mode == plain.stat().st_mode


def test_the_file_holds_tensors_and_a_header_and_no_pickle(own: Path) -> None:
    with safe_open(own, framework="np") as file:
        assert set(file.metadata()) == {KEY, DIGEST}
        assert json.loads(file.metadata()[KEY])["schema"] == 1
    with pytest.raises(ValueError, match="opcode|pickle|decode"):
        list(pickletools.genops(own.read_bytes()))


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_refused(own: Path, share: float) -> None:
    content = own.read_bytes()
    own.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match=f"cannot read {own}.*train again"):
        load_checkpoint(own)


def test_flipped_bits_are_refused_wherever_they_are(own: Path) -> None:
    content = bytearray(own.read_bytes())
    chance = np.random.default_rng(0)
    header_ends = 8 + int.from_bytes(content[:8], "little")
    places = [
        *chance.integers(8, header_ends, 10).tolist(),
        *chance.integers(header_ends, len(content), 10).tolist(),
    ]
    for place in places:
        content[place] ^= 1
        own.write_bytes(content)
        with pytest.raises(CheckpointError, match=own.name):
            load_checkpoint(own)
        content[place] ^= 1


def test_tensors_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.ones(3)}, path)
    with pytest.raises(CheckpointError, match="is not a checkpoint of edge-ad; train with"):
        load_checkpoint(path)


def rewritten(path: Path, **changes: object) -> Path:
    """The same checkpoint with another header, whole and with its digest, as another version would write it."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()[KEY])
    text = json.dumps(header | changes)
    save_file(tensors, path, metadata={KEY: text, DIGEST: _digest(text, tensors)})
    return path


@pytest.mark.parametrize("changes", [{"schema": 2}, {"lens": "telecentric"}, {"setup": {"model": "padim"}}])
def test_another_version_is_refused_and_named(own: Path, changes: dict[str, object]) -> None:
    with pytest.raises(
        CheckpointError, match="was written by another version: (schema|lens|setup).*; train again"
    ):
        load_checkpoint(rewritten(own, **changes))


@pytest.mark.parametrize(
    ("changes", "what"), [({"options": {"bygone": 3}}, "--option bygone"), ({"model": "bygone"}, "unknown model")]
)
def test_a_model_or_option_of_another_version_is_said_so(own: Path, changes: dict[str, object], what: str) -> None:
    _, header = load_checkpoint(own)
    rewritten(own, setup=header.setup.model_dump() | changes)
    with pytest.raises(CheckpointError, match=f"was written by another version: {what}.*; train again"):
        load_checkpoint(own)


class Elsewhere(torch.Tensor):
    """Stands for a tensor on a graphics card: numpy cannot have it before it is fetched."""

    def numpy(self, *, force: bool = False) -> np.ndarray:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def cpu(self) -> torch.Tensor:  # type: ignore[override]
        return self.as_subclass(torch.Tensor)


def test_a_network_that_was_left_on_another_device_is_saved(own: Path, tmp_path: Path) -> None:
    model, header = load_checkpoint(own)
    expected = model.tensors()
    for module in model.network.modules():
        for name, value in module.named_buffers(recurse=False):
            setattr(module, name, value.as_subclass(Elsewhere))
    save_checkpoint(tmp_path / "again.safetensors", model, header)
    again = load_checkpoint(tmp_path / "again.safetensors")[0].tensors()
    assert all(torch.equal(value, again[name]) for name, value in expected.items())


def test_tensors_of_another_model_are_refused(own: Path) -> None:
    _, header = load_checkpoint(own)
    rewritten(own, setup=header.setup.model_dump() | {"model": "patchcore", "options": {}})
    with pytest.raises(CheckpointError, match="does not fit patchcore on efficientnet-lite0: .*train again"):
        load_checkpoint(own)


@pytest.mark.parametrize("name", ["coarse.mean", "coarse.directions", "fine.mean", "fine.axes"])
def test_fitted_arrays_of_another_shape_are_refused(name: str, own: Path) -> None:
    """Whole and with their digest, as a version with another grid would write them."""
    model, header = load_checkpoint(own)
    tensors = model.tensors()
    tensors[f"scorer.{name}"] = tensors[f"scorer.{name}"][:-3].contiguous()
    with pytest.raises(CheckpointError, match="does not fit padim on efficientnet-lite0: .*train again"):
        Model.restore(header.setup, tensors)


def test_a_missing_file_and_a_place_that_cannot_be_written_are_one_line(own: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint: .*gone"):
        load_checkpoint(tmp_path / "gone.safetensors")
    with pytest.raises(UsageError, match="cannot write .*give another --output"):
        save_checkpoint(own / "model.safetensors", *load_checkpoint(own))
