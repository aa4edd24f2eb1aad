"""Heat, as the kernel shows it under /sys."""

from __future__ import annotations

from pathlib import Path

from edge.health.thermal import OVER_AFTER, ThrottleWatch, throttle_counts, zone_celsius


def throttled(sys: Path, cpu: int, count: int) -> None:
    folder = sys / "devices" / "system" / "cpu" / f"cpu{cpu}" / "thermal_throttle"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "core_throttle_count").write_text(f"{count}\n", encoding="ascii")


def test_zones_and_counters_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    for number, (kind, temp) in enumerate((("x86_pkg_temp", "61500\n"), ("acpitz", ""))):
        zone = tmp_path / "class" / "thermal" / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(kind + "\n", encoding="ascii")
        (zone / "temp").write_text(temp, encoding="ascii")
    throttled(tmp_path, 0, 3)
    assert zone_celsius(tmp_path) == {"x86_pkg_temp.0": 61.5}
    assert throttle_counts(tmp_path) == {"cpu0 core": 3}


def test_a_computer_that_tells_nothing_is_cool(tmp_path: Path) -> None:
    watch = ThrottleWatch(tmp_path)
    watch.look()
    assert (watch.reason, zone_celsius(tmp_path)) == ("", {})


def test_throttling_is_said_while_the_counters_rise_and_for_a_minute_more(tmp_path: Path) -> None:
    throttled(tmp_path, 0, 7)  # before the station started: not its concern
    throttled(tmp_path, 1, 0)
    watch = ThrottleWatch(tmp_path)
    watch.look()
    assert watch.reason == ""
    throttled(tmp_path, 1, 1)
    watch.look()
    assert watch.reason == "the processor slows down for heat"
    for _ in range(OVER_AFTER - 1):
        watch.look()
    assert watch.reason != ""
    watch.look()
    assert watch.reason == ""
