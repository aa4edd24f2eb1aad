"""Versions side by side on a real disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import BundleError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.override import calibration_of, write_override
from edge.models import active as active_module
from edge.models.activation import activate
from edge.models.names import Reference, is_reference
from edge.models.store import ModelStore, Version
from edge.models.trial import require_golden_scores
from tests.edge.models.conftest import MakeBundle


def admit(path: Path, sha256: str) -> None:
    """Everyone."""


def make_active(store: ModelStore, version: Version) -> Version:
    return activate(store, version, admit, device="CPU")


def test_an_installed_bundle_is_the_same_and_becomes_active_only_when_asked(
    store: ModelStore, make_bundle: MakeBundle
) -> None:
    model = make_bundle("2026")
    version = store.install(model, "grey")
    assert version.path == store.root / "grey" / load_bundle(model).sha256 / "grey.xml"
    assert load_bundle(version.path).sha256 == load_bundle(model).sha256
    assert not version.active
    with pytest.raises(BundleError, match="no model grey is active in .*; activate one of: grey@2026"):
        store.find(Reference.of("grey"))
    make_active(store, version)
    found = store.find(Reference.of("grey"))
    assert (found.path, found.active, str(found)) == (version.path, True, "grey@2026")


def test_a_rollback_goes_back_and_forth_between_two(store: ModelStore, make_bundle: MakeBundle) -> None:
    first, second = (store.install(make_bundle(number), "grey") for number in "12")
    make_active(store, first)
    with pytest.raises(BundleError, match="no version of grey was active before"):
        store.previous("grey")
    make_active(store, second)
    make_active(store, second)  # once more changes nothing
    assert store.previous("grey").sha256 == first.sha256
    make_active(store, store.previous("grey"))
    assert store.find(Reference("grey")).sha256 == first.sha256
    make_active(store, store.previous("grey"))
    assert store.find(Reference("grey")).sha256 == second.sha256


@pytest.mark.parametrize(
    ("golden", "reason"), [(False, "those in its card differ by 50 %"), (None, "cannot be tried")]
)
def test_a_version_that_fails_its_trial_changes_nothing(
    store: ModelStore, make_bundle: MakeBundle, golden: bool | None, reason: str
) -> None:
    good, bad = store.install(make_bundle("1"), "grey"), store.install(make_bundle("2", golden=golden), "grey")
    make_active(store, good)
    with pytest.raises(BundleError, match=reason):
        make_active(store, bad)
    assert store.find(Reference("grey")).sha256 == good.sha256


def test_scores_that_are_no_numbers_fail_the_trial(store: ModelStore, make_bundle: MakeBundle) -> None:
    from edge.inference.engine import Engine

    engine = Engine(load_bundle(make_bundle("1")), device="CPU")
    engine.run = lambda prepared: type("Raw", (), {"score": float("nan"), "anomaly_map": None})()  # type: ignore
    with pytest.raises(BundleError, match="are not all numbers"):
        require_golden_scores(engine)


def test_a_version_is_found_by_its_name_or_by_digits_of_its_digest(
    store: ModelStore, make_bundle: MakeBundle
) -> None:
    one = store.install(make_bundle("1"), "grey")
    assert store.find(Reference("grey", "1")).sha256 == one.sha256
    assert store.find(Reference("grey", one.sha256[:8])).sha256 == one.sha256
    with pytest.raises(BundleError, match=r"no model grey@none in .*; here are: grey@1"):
        store.find(Reference("grey", "none"))
    shutil.rmtree(make_bundle("1").parent)
    same_name = store.install(make_bundle("1", factor=2.0), "grey")
    with pytest.raises(BundleError, match=r"2 models are grey@1; say which: grey@"):
        store.find(Reference("grey", "1"))
    assert store.find(Reference("grey", same_name.sha256[:12])).sha256 == same_name.sha256
    assert store.find(Reference("grey", "newest")).sha256 == same_name.sha256
    with pytest.raises(
        BundleError, match="no model label is active in .*; install it with: edge-ad models install"
    ):
        store.find(Reference("label"))


def test_a_station_s_calibration_goes_with_its_bundle(store: ModelStore, make_bundle: MakeBundle) -> None:
    model = make_bundle()
    bundle = load_bundle(model)
    write_override(bundle, bundle.card.calibration.model_copy(update={"threshold": 7.0}))
    version = store.install(model, "grey")
    assert calibration_of(load_bundle(version.path)).threshold == 7.0
    write_override(bundle, bundle.card.calibration.model_copy(update={"threshold": 8.0}))
    store.install(model, "grey")  # the same bundle with a newer calibration
    assert calibration_of(load_bundle(version.path)).threshold == 8.0


def test_a_damaged_version_is_listed_as_such_not_activated_and_mended_by_installing_again(
    store: ModelStore, make_bundle: MakeBundle
) -> None:
    model = make_bundle()
    version = store.install(model, "grey")
    weights = version.path.with_suffix(".bin")
    weights.write_bytes(b"\xff" + weights.read_bytes()[1:])
    (listed,) = store.versions()
    assert listed.card is None
    with pytest.raises(BundleError, match="damaged"):
        make_active(store, listed)
    assert make_active(store, store.install(model, "grey")).active


def test_a_version_that_was_swapped_for_another_is_not_activated(
    store: ModelStore, make_bundle: MakeBundle
) -> None:
    one, two = (store.install(make_bundle(number), "grey") for number in "12")
    for suffix in (".xml", ".bin"):
        shutil.copy(two.path.with_suffix(suffix), one.path.with_suffix(suffix))
    with pytest.raises(BundleError, match="is another bundle than its folder says"):
        make_active(store, one)


def test_what_is_active_is_not_removed_but_with_the_whole_model(
    store: ModelStore, make_bundle: MakeBundle
) -> None:
    one, two = (store.install(make_bundle(number), "grey") for number in "12")
    make_active(store, one)
    make_active(store, two)
    with pytest.raises(UsageError, match="grey@2 is active; activate another first"):
        store.remove(Reference("grey", "2"))
    store.remove(Reference("grey", "1"))
    with pytest.raises(BundleError, match="that was active before was removed"):
        store.previous("grey")
    store.remove(Reference("grey"))
    assert (store.versions(), list(store.root.iterdir())) == ([], [])
    with pytest.raises(BundleError, match="no model grey"):
        store.remove(Reference("grey"))


def test_a_disk_that_refuses_leaves_what_was_active(
    store: ModelStore, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the seam."""
    one, two = (store.install(make_bundle(number), "grey") for number in "12")
    make_active(store, one)

    def full(path: Path, text: str) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(active_module, "write_whole", full)
    with pytest.raises(BundleError, match=r"cannot write .*active.json: No space left on device"):
        make_active(store, two)
    assert store.find(Reference("grey")).sha256 == one.sha256


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "bottle@1", "x" * 65, "a\n"])
def test_a_name_that_would_leave_the_store_is_refused(
    store: ModelStore, make_bundle: MakeBundle, name: str
) -> None:
    with pytest.raises(UsageError):
        store.install(make_bundle(), name)
    assert not store.root.exists()


def test_what_is_a_file_and_what_is_a_model_of_the_store() -> None:
    assert all(map(is_reference, ("bottle", "bottle@20261122T020500Z", "bottle@ab12cd", "bottle@1.0.2")))
    assert not any(
        map(is_reference, ("bottle.xml", "models/bottle", "/bottle", "bottle@1.xml", "bottle@", "@1", ""))
    )


def test_what_a_killed_command_left_behind_is_swept_away(store: ModelStore, make_bundle: MakeBundle) -> None:
    store.install(make_bundle("1"), "grey")
    (store.root / "grey" / ".install-x" / "version").mkdir(parents=True)
    (store.root / ".remove-label").mkdir()
    store.install(make_bundle("2"), "grey")
    assert list(store.root.rglob(".*")) == []


WAITS = """
import sys, time
from pathlib import Path
from edge.models.store import ModelStore
with ModelStore(Path(sys.argv[1]))._alone():
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_two_commands_do_not_change_the_store_at_once(store: ModelStore, make_bundle: MakeBundle) -> None:
    import time

    model = make_bundle()
    command = [sys.executable, "-c", WAITS, store.root.parent, "0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        began_s = time.monotonic()
        store.install(model, "grey")
        assert time.monotonic() - began_s > 0.3
