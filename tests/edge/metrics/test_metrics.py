"""Metrics of a running station, as Prometheus reads them; and the dashboard that shows them."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.config.load import load_station
from edge.errors import ConfigError
from edge.messaging.messages import Heartbeat, Result
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until, until_stopping

ROOT = Path(__file__).parents[3]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(url: str) -> Samples:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
        families = text_string_to_metric_families(answer.read().decode())
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


@pytest.fixture
def station(run_station: RunStation, mixed_folder: Path, tmp_path: Path) -> RunningStation:
    file = tmp_path / "metrics.toml"
    file.write_text('[metrics]\naddress = "127.0.0.1:0"\n', encoding="utf-8")
    paced = ("--mode", "hardware", "--fps", "10", "--loop")
    return run_station("--config", str(file), "--camera", str(mixed_folder), *paced)


def test_they_count_what_the_bus_tells(station: RunningStation) -> None:
    with station.subscriber("result/", "heartbeat/") as reader:
        came = Counter[str]()
        while came.total() < 8 or len(came) < 2:
            (result,) = of_kind(Result, read_until(reader, lambda message: isinstance(message, Result)))
            came[result.verdict] += 1
        station.asker().ask("pause", timeout_s=10)
        time.sleep(0.3)  # lanes finish what they have
        samples = read(station.event("metrics_served")["url"])
        station.process.terminate()
        last = of_kind(Heartbeat, until_stopping(reader))[-1]
    assert station.wait() == 0
    assert value(samples, "edge_ad_frames_judged_total", camera="camera") == last.frames >= 8
    verdicts = {name: count for name, count in last.verdicts.model_dump().items() if count}
    assert verdicts.keys() == {"good", "anomalous"}
    for verdict, count in verdicts.items():
        assert value(samples, "edge_ad_verdicts_total", camera="camera", verdict=verdict) == count
    for stage in ("capture", "preprocess", "inference", "postprocess", "total"):
        assert value(samples, "edge_ad_latency_seconds_count", camera="camera", stage=stage) == last.frames
    below = value(samples, "edge_ad_score_ratio_bucket", camera="camera", le="1.0")
    assert below == last.verdicts.good
    assert value(samples, "edge_ad_outbox_last_seq") == last.last_alert_seq == last.verdicts.anomalous
    assert value(samples, "edge_ad_camera_state", camera="camera", state="streaming") == 1
    assert value(samples, "edge_ad_camera_paused", camera="camera") == 1
    assert value(samples, "edge_ad_frames_dropped_total", camera="camera", queue="passed_by") > 0
    assert value(samples, "edge_ad_readers") == 1
    assert 0 < value(samples, "edge_ad_drift_parts_total", camera="camera") <= 8  # files in a loop count once
    assert value(samples, "edge_ad_drift_found", camera="camera", of="scores") == 0
    assert 0 <= value(samples, "edge_ad_drift_evidence", camera="camera", of="brightness") < 1
    assert value(samples, "edge_ad_drift_psi_by_chance", camera="camera") > 0
    assert value(samples, "edge_ad_capture_resident_bytes", camera="camera") > 5e6
    assert samples["process_resident_memory_bytes", frozenset()] > 5e7


def test_the_dashboard_shows_only_what_is_exported(station: RunningStation) -> None:
    with station.subscriber("result/") as reader:
        read_until(reader, lambda message: isinstance(message, Result) and message.frame_seq >= 2)
    exported = {name for name, _ in read(station.event("metrics_served")["url"])}
    with urllib.request.urlopen(station.event("metrics_served")["url"], timeout=10) as answer:  # noqa: S310
        exported |= set(re.findall(r"^# TYPE (\S+)", answer.read().decode(), re.MULTILINE))
    dashboard = json.loads((ROOT / "configs" / "grafana-edge-ad.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    named = {name for query in queries for name in re.findall(r"\b(?:edge_ad|process)_\w+", query)}
    assert len(queries) >= 12 and named and named - exported == set()


def test_the_page_names_each_metric_and_no_other(station: RunningStation) -> None:
    with urllib.request.urlopen(station.event("metrics_served")["url"], timeout=10) as answer:  # noqa: S310
        exported = set(re.findall(r"^# TYPE (edge_ad_\w+)", answer.read().decode(), re.MULTILINE))
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(edge_ad_\w+)` \|", page, re.MULTILINE))
    only_with_keys = {"edge_ad_clients_refused_total"}
    assert named - only_with_keys == {name for name in exported if not name.endswith("_created")}


def test_an_address_that_others_reach_must_be_allowed(tmp_path: Path) -> None:
    file = tmp_path / "line-3.toml"
    file.write_text('[metrics]\naddress = "0.0.0.0:9464"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"0\.0\.0\.0:9464 lets other computers read metrics"):
        load_station(file, environ={}, overrides={})
    file.write_text('[metrics]\naddress = "0.0.0.0:9464"\nallow_remote = true\n', encoding="utf-8")
    assert load_station(file, environ={}, overrides={}).metrics.address == "0.0.0.0:9464"


def test_an_address_in_use_is_one_line(run_station: RunStation, mixed_folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file = tmp_path / "line-3.toml"
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        file.write_text(f'[metrics]\naddress = "{address}"\n', encoding="utf-8")
        station = run_station("--config", str(file), "--camera", str(mixed_folder))
        assert station.wait() == 1
    (line,) = station.other_lines
    assert line.startswith(f"edge-ad: error: cannot serve metrics at {address}: Address already in use; ")
