"""What the README shows can be typed and run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import typer

from edge.cli import app
from edge.frame import Frame
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.messaging.sockets import EVENTS
from edge.verdict import Inspection, Latency, ModelId, Verdict

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "systemd/README.md",
)
README = PAGES[0].read_text(encoding="utf-8")


def commands_on(page: Path) -> list[str]:
    """Command lines in the code of a page, without comments."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.S) + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))
    return re.findall(r"^(edge-ad [^\n#]+)", code, re.M)


SHOWN = [pytest.param(page, line, id=f"{page.name}:{line[:60]}") for page in PAGES for line in commands_on(page)]


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_commands_and_options_that_are_shown_exist(page, line):
    words = line.split()
    commands = typer.main.get_command(app).commands
    assert words[1] in commands, f"{page}: {line}"
    command = commands[words[1]]
    if len(words) > 2 and isinstance(command, typer.core.TyperGroup):
        assert words[2] in command.commands, f"{page}: {line}"
        command = command.commands[words[2]]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options, f"{page}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    targets = re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_make_targets_that_are_shown_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:`|^)make\s([a-z-]+)", README, re.M)) <= targets


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    outbox = Outbox(tmp_path / "state")
    anywhere = "tcp://127.0.0.1:*"
    with Publisher(station="line-3", outbox=outbox, events=anywhere, heatmaps=anywhere) as running:
        yield running
    outbox.close()


def anomalous_part(seq: int) -> Inspection:
    return Inspection(
        frame=Frame("top", seq, np.zeros((4, 4, 3), np.uint8), time.monotonic_ns()),
        model=ModelId(name="bottle", version="1", sha256="ab" * 32),
        verdict=Verdict.ANOMALOUS,
        score=5.0,
        threshold=3.0,
        percentile=100.0,
        anomaly_map=None,
        peak=None,
        regions=(),
        latency=Latency(0.0, 0.0, 0.0, 0.0),
        device="CPU",
    )


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", README, re.S))
def test_the_programs_print_an_alert(program, publisher):
    program = program.replace(EVENTS, publisher.events)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        with ThreadPoolExecutor(1) as waiting:
            line = waiting.submit(reader.stdout.readline)
            for seq in range(200):  # one of them asks for no heartbeats, so nobody knows when it listens
                publisher.publish(anomalous_part(seq))
                if line.done():
                    break
                time.sleep(0.1)
            reader.kill()
    assert re.fullmatch(r"\d+ top 5\.0( 3\.0 \(\))?\n", line.result())
