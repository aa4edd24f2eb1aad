"""Files that decide who gets in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import SecurityError
from edge.security.private_file import (
    PUBLIC,
    SECRET,
    make_folder,
    read_secret,
    read_trusted,
    require_own,
    write_new,
)


def test_a_secret_file_is_never_open_to_others_whatever_the_umask(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.umask(0)\n"
        "from pathlib import Path\n"
        "from edge.security.private_file import *\n"
        "folder = Path(sys.argv[1]); make_folder(folder); write_new(folder / 'a', 'x', SECRET)\n"
        "write_new(folder / 'b', 'x', PUBLIC)\n"
    )
    folder = tmp_path / "keys"
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {"keys": 0o700, "a": 0o600, "b": 0o644}


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "a", "first", SECRET)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", "second", SECRET)
    assert read_secret(tmp_path / "a") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o610])
def test_a_secret_that_others_can_read_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "a"
    write_new(path, "x", SECRET)
    path.chmod(mode)
    with pytest.raises(SecurityError, match=rf"can be read by others \(mode {mode:04o}\).*chmod 600 {path}"):
        read_secret(path)
    subprocess.run(["chmod", "600", str(path)], check=True)  # noqa: S607
    assert read_secret(path) == "x"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o620])
def test_a_list_that_others_can_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    write_new(path, "x", PUBLIC)
    assert read_trusted(path) == "x"
    path.chmod(mode)
    with pytest.raises(SecurityError, match=f"can be changed by others.*chmod go-w {path}"):
        read_trusted(path)


def test_a_folder_that_others_can_change_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "keys"
    make_folder(folder)
    require_own(folder)
    folder.chmod(0o777)
    with pytest.raises(SecurityError, match="can be changed by others"):
        require_own(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused_and_what_root_makes_belongs_to_the_folders_owner(
    tmp_path: Path,
) -> None:
    write_new(tmp_path / "a", "x", SECRET)
    os.chown(tmp_path / "a", 12345, 12345)
    with pytest.raises(SecurityError, match="belongs to another user"):
        read_secret(tmp_path / "a")
    os.chown(tmp_path, 12345, 12345)
    make_folder(tmp_path / "keys")
    write_new(tmp_path / "keys" / "b", "x", SECRET)
    assert {(tmp_path / name).stat().st_uid for name in ("keys", "keys/b")} == {12345}


def test_what_cannot_be_read_or_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SecurityError, match="cannot read .*absent: No such file"):
        read_secret(tmp_path / "absent")
    with pytest.raises(SecurityError, match="cannot write .*nowhere"):
        write_new(tmp_path / "nowhere" / "a", "x", SECRET)
    write_new(tmp_path / "a", "x", SECRET)
    with pytest.raises(SecurityError, match="cannot make"):
        make_folder(tmp_path / "a" / "keys")
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(SecurityError, match="not ASCII"):
        read_secret(tmp_path / "a")
