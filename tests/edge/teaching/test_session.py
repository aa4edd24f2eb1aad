from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.durable import write_whole
from edge.errors import TeachingError, UsageError
from edge.health.camera_faults.taking import look_at
from edge.pictures import prepare
from edge.teaching import records
from edge.teaching.backbone import BackboneBundle, load_backbone
from edge.teaching.folder import alone, forget_all, kept_backbone
from edge.teaching.records import State
from edge.teaching.session import Session
from edge.teaching.step import Step, back_to, forward, without
from tests.edge.running_station import clean_environment
from tests.edge.teaching.conftest import MakeBackbone, plates, teach_plates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "teaching" / "plate"


def state_of(session: Session, step: Step) -> State:
    facts = {
        "number": len(session.states) + 1,
        "time": step.time,
        "deed": step.deed,
        "went_back_to": step.went_back_to,
        "left_out": step.left_out,
        "pictures": [kept.number for kept in step.pictures],
        "model": "1",
        "model_sha256": "a" * 64,
        "threshold": 1.0,
        "false_alarm_rate": 0.1,
    }
    return State.model_validate(facts)


def numbers(session: Session) -> list[int]:
    return [kept.number for kept in session.pictures]


def test_what_was_kept_is_there_when_the_folder_is_opened_again(folder: Path, backbone: BackboneBundle) -> None:
    shown = plates(3)
    with Session(folder, backbone) as session:
        teach_plates(session, shown)
        before = session.pictures
    with Session(folder) as session:
        assert [kept.model_dump_json() for kept in session.pictures] == [k.model_dump_json() for k in before]
        for pixels, kept in zip(shown, session.read(session.pictures), strict=True):
            np.testing.assert_array_equal(kept, prepare(pixels, session.size))
        look = look_at(shown[0], lambda pixels: prepare(pixels, session.size))
        assert look is not None and session.pictures[0].look is not None
        np.testing.assert_array_equal(session.pictures[0].look.stamp, look.stamp)
        assert session.pictures[0].look.sharpness == look.sharpness


def test_the_same_picture_is_kept_once(folder: Path, backbone: BackboneBundle) -> None:
    first, second = plates(2)
    with Session(folder, backbone) as session:
        assert [session.add(pixels, "camera") for pixels in (first, second, first)] == [True, True, False]
    with Session(folder) as session:
        assert not session.add(second, "camera")
        assert numbers(session) == [1, 2]


def test_a_picture_counts_only_once_all_of_it_is_on_disk(folder: Path, backbone: BackboneBundle) -> None:
    """A run that is killed between a picture and its facts leaves a file that the next picture overwrites."""
    with Session(folder, backbone) as session:
        teach_plates(session, plates(2))
    (folder / "pictures" / "00002.json").unlink()
    (folder / "pictures" / ".00003.png-x").mkdir()
    (folder / ".making-x").mkdir()
    (folder / ".DS_Store").write_bytes(b"of a file browser")
    with Session(folder) as session:
        assert numbers(session) == [1]
        teach_plates(session, plates(2)[1:])
        assert numbers(session) == [1, 2]
        assert len(list(session.read(session.pictures))) == 2
    assert not list(folder.rglob(".*"))


def test_another_backbone_is_refused_and_the_one_it_was_begun_with_is_kept(
    folder: Path, make_backbone: MakeBackbone
) -> None:
    first, other = make_backbone("first"), make_backbone("other", seed=1)
    with Session(folder, first):
        pass
    with pytest.raises(UsageError, match="plate was taught with another backbone than .*other.xml: toy") as caught:
        Session(folder, other)
    assert "--forget all" in caught.value.hint
    first.path.unlink()
    kept = load_backbone(kept_backbone(folder))
    assert kept.sha256 == first.sha256
    with Session(folder, kept):
        pass


def test_a_second_process_is_kept_out_while_the_first_is_at_work(folder: Path, backbone: BackboneBundle) -> None:
    script = (
        "import sys; from pathlib import Path; from edge.teaching.session import Session\n"
        "Session(Path(sys.argv[1])).close()"
    )

    def another() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, str(folder)]
        return subprocess.run(
            command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False
        )

    with Session(folder, backbone):
        assert "plate is being taught by another process" in another().stderr
    assert another().returncode == 0


def test_a_folder_that_is_not_there_is_not_made_by_looking(folder: Path) -> None:
    with pytest.raises(TeachingError, match="plate was not taught here"):
        Session(folder)
    assert not folder.exists()


def test_a_picture_that_the_disk_damaged_is_named(folder: Path, backbone: BackboneBundle) -> None:
    with Session(folder, backbone) as session:
        teach_plates(session, plates(2))
        other = (folder / "pictures" / "00001.png").read_bytes()
        (folder / "pictures" / "00002.png").write_bytes(other)
        with pytest.raises(TeachingError, match=r"00002.png was damaged; go on without it: --leave-out 2"):
            list(session.read(session.pictures))
        (folder / "pictures" / "00002.png").write_bytes(other[:99])
        with pytest.raises(TeachingError, match=r"00002.png was damaged"):
            list(session.read(session.pictures))
        assert len(list(session.read(without(session, [2]).pictures))) == 1


@pytest.mark.parametrize("name", ["product.json", "pictures/00001.json"])
def test_a_file_that_cannot_be_understood_is_named(folder: Path, backbone: BackboneBundle, name: str) -> None:
    with Session(folder, backbone) as session:
        teach_plates(session, plates(1))
    (folder / name).write_text((folder / name).read_text()[:-20])
    with pytest.raises(TeachingError, match=f"{name} cannot be understood"):
        Session(folder)
    (folder / name).unlink()
    Session(folder, backbone).close()  # the one that failed let the lock go


def test_a_full_disk_leaves_what_was_kept_before(
    folder: Path, backbone: BackboneBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is full once a picture is written and before its facts are."""

    def full(path: Path, content: str | bytes) -> None:
        if path.suffix == ".json":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    first, second = plates(2)
    with Session(folder, backbone) as session:
        session.add(first, "camera")
        monkeypatch.setattr(records, "write_whole", full)
        with pytest.raises(TeachingError, match=r"00002.json: No space left on device; free some space"):
            session.add(second, "camera")
        assert numbers(session) == [1]
        monkeypatch.undo()
        assert session.add(second, "camera"), "the same picture counts once there is space"
    with Session(folder) as session:
        assert numbers(session) == [1, 2]


def test_what_a_killed_forget_left_goes_with_the_next_run(
    folder: Path, backbone: BackboneBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    leaving = folder.with_name(".forgotten-plate")
    with Session(folder, backbone) as session:
        teach_plates(session, plates(1))
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            forget_all(folder)
    assert leaving.is_dir() and not folder.exists()
    with alone(leaving), Session(folder.with_name("other"), backbone):
        assert leaving.is_dir(), "another process is removing it"
    Session(folder.with_name("other")).close()
    assert not leaving.exists()


def test_new_folders_survive_a_power_cut(
    folder: Path, backbone: BackboneBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("edge.teaching.folder.sync", synced.append)
    state_dir = folder.parents[1]
    assert not state_dir.exists()
    Session(folder, backbone).close()
    assert synced[:5] == [state_dir.parent, state_dir, folder.parent, folder, folder]


class TestStates:
    @pytest.fixture
    def session(self, folder: Path, backbone: BackboneBundle) -> Session:
        """Taught with pictures 1 and 2, then 3 was added; 4 came since."""
        session = Session(folder, backbone)
        for count in (2, 3):
            teach_plates(session, plates(count)[len(session.pictures) :])
            session.record(state_of(session, forward(session)))
        teach_plates(session, plates(4)[3:])
        return session

    def test_pictures_that_came_since_are_pending(self, session: Session) -> None:
        assert (numbers(session), [kept.number for kept in session.pending]) == ([1, 2, 3, 4], [4])
        assert forward(session).added == {"camera top": 1}

    def test_pending_pictures_can_be_dropped_and_taken_again(self, session: Session) -> None:
        session.drop(session.pending)
        assert numbers(session) == [1, 2, 3]
        assert session.add(plates(4)[3], "camera top")
        session.close()
        with Session(session.folder) as again:
            assert numbers(again) == [1, 2, 3, 4]

    def test_one_can_go_back_and_forth(self, session: Session) -> None:
        step = back_to(session, session.find("last"))
        assert [kept.number for kept in step.pictures] == [1, 2]
        session.record(state_of(session, step))
        assert numbers(session) == [1, 2]
        session.close()
        with Session(session.folder) as again:
            assert numbers(again) == [1, 2]
            assert [kept.number for kept in back_to(again, again.find("2")).pictures] == [1, 2, 3]

    def test_a_picture_that_was_taken_back_comes_again_under_its_number(self, session: Session) -> None:
        """Its number decides whether it is fitted or sets the threshold, which never changes."""
        session.record(state_of(session, back_to(session, session.find("1"))))
        assert (numbers(session), session.next_number) == ([1, 2], 5)
        for place in (3, 2):
            assert session.add(plates(4)[place], "camera front")
        assert not session.add(plates(4)[2], "camera front")
        session.close()
        with Session(session.folder) as again:
            assert numbers(again) == [1, 2, 3, 4]
            assert forward(again).added == {"camera front": 2}
            again.drop(again.pending)
            assert [kept.number for kept in again.pictures_of(again.states[1])] == [1, 2, 3], (
                "those of a state stay"
            )

    def test_a_picture_that_was_left_out_stays_out_until_its_state_is_gone_back_to(self, session: Session) -> None:
        """Of the state and of those that came since; --leave-out, then --add of the same folder."""
        session.record(state_of(session, without(session, [1, 4])))
        session.close()
        with Session(session.folder) as again:
            assert (numbers(again), again.pending) == ([2, 3], ())
            assert [again.add(pixels, "camera top") for pixels in plates(4)] == [False] * 4
            assert again.add(plates(5)[4], "camera top")
            assert numbers(again) == [2, 3, 5]
            again.record(state_of(again, back_to(again, again.find("1"))))
            assert [kept.number for kept in again.left_out] == [4]
            assert numbers(again) == [1, 2]

    @pytest.mark.parametrize("wanted", ["0", "3", "latest", "-1", ""])
    def test_a_state_that_is_not_there_is_refused(self, session: Session, wanted: str) -> None:
        with pytest.raises(UsageError, match="plate has no state") as caught:
            session.find(wanted)
        assert "1 2 last" in caught.value.hint

    def test_a_picture_that_is_gone_is_said_and_can_be_left_out(self, session: Session) -> None:
        session.close()
        for name in ("00001.json", "00001.png", "00004.json"):
            (session.folder / "pictures" / name).unlink()
        with Session(session.folder) as again:
            with pytest.raises(TeachingError, match="pictures 1 are gone from") as caught:
                again.pictures  # noqa: B018
            assert caught.value.hint == "put them back, or go on without: --leave-out 1"
            again.record(state_of(again, without(again, [1])))
            assert numbers(again) == [2, 3]
            teach_plates(again, plates(6)[5:])
            again.record(state_of(again, without(again, [4])))
            (again.folder / "pictures" / "00004.json").unlink()
        with Session(session.folder) as again:
            assert again.next_number == 5, "no other picture gets the number of one that was left out"
            with pytest.raises(TeachingError, match="pictures 1 are gone") as caught:
                back_to(again, again.states[0])
            assert caught.value.hint == "put them back, or go back to another state"

    def test_all_can_be_forgotten(self, session: Session) -> None:
        with pytest.raises(TeachingError, match="another process"):
            forget_all(session.folder)
        session.close()
        forget_all(session.folder)
        assert not list(session.folder.parent.iterdir())
        with pytest.raises(TeachingError, match="was not taught here"):
            forget_all(session.folder)
