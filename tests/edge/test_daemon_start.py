"""From the start of the process to the first verdict."""

from __future__ import annotations

from pathlib import Path

from tests.edge.conftest import RunStation

LIMIT_S = 10.0  # for a busy computer; the figure itself is printed


def test_the_first_verdict_comes_soon_once_the_model_was_compiled(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    first = run_station("--camera", str(mixed_folder), "--threshold", "-1e9")
    assert first.wait() == 0
    (compiled,) = (tmp_path / "state" / "compiled").glob("*/*.blob")
    written_ns = compiled.stat().st_mtime_ns

    second = run_station("--camera", str(mixed_folder), "--threshold", "-1e9", "--loop", "--fps", "20")
    asker = second.asker()
    while not (alerts := asker.ask("replay", since_seq=8, limit=1)["alerts"]):
        pass
    took_s = alerts[0]["result"]["mono_ns"] / 1e9 - second.began_s
    print(f"process start to first verdict, model cache warm: {took_s:.2f} s")
    assert 0 < took_s < LIMIT_S
    assert [path.stat().st_mtime_ns for path in compiled.parent.glob("*.blob")] == [written_ns]
