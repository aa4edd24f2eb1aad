from __future__ import annotations

import base64
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import PictureError, UsageError
from train.data.dataset import Box
from train.evaluation.report import evaluate_scored
from train.evaluation.scores import Scored

KEYS = [
    *("image_auroc", "image_ap", "image_f1", "precision", "recall", "best_f1", "threshold"),
    *("pixel_auroc", "pixel_aupro", "box_hit_rate", "separation_ratio", "per_defect"),
]
THRESHOLD = 1.0


class Page(HTMLParser):
    """What a reader of the page gets: figures, addresses, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: dict[str, float | None] = {}
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.alternatives: list[str | None] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= given.keys()
        self.alternatives += [given["alt"]] if "alt" in given else []
        self.addresses += [value for name, value in attrs if name in {"src", "href", "srcset", "action"} and value]
        if name := given.get("data-figure"):
            self.figures[name] = float(given["value"]) if given.get("value") else None  # type: ignore[arg-type]

    def handle_data(self, data: str) -> None:
        self.words += data


def picture(folder: Path, name: str, light: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    cv2.imwrite(str(path), np.full((60, 80, 3), light, np.uint8))
    return path


def judged(folder: Path, scores: dict[str, float], defect: str, **more: Any) -> list[Scored]:
    """Pictures of one defect, or good ones, with a map that peaks where the score says."""
    rng = np.random.default_rng(len(scores))
    label = int(defect != "good")
    found = []
    for number, (name, score) in enumerate(scores.items()):
        anomaly_map = rng.uniform(0, 0.2, (30, 40)).astype(np.float32)
        anomaly_map[10:14, 20:26] += score
        path = picture(folder / defect, name, 40 + 10 * number)
        found.append(Scored(path, label, defect, score, **({"map": anomaly_map} | more)))
    return found


@pytest.fixture
def mixed(tmp_path: Path) -> list[Scored]:
    """Two false alarms, one missed defect, three found; masks for scratches, boxes for dents."""
    mask = np.zeros((30, 40), np.bool_)
    mask[10:14, 20:26] = True
    good = judged(tmp_path, {"a.png": 0.2, "worst.png": 1.9, "b.png": 0.4, "less.png": 1.2, "c.png": 0.5}, "good")
    scratches = judged(tmp_path, {"s1.png": 3.0, "missed.png": 0.7}, "scratch", mask=mask)
    dents = judged(tmp_path, {"d1.png": 2.0, "d2.png": 5.0}, "dent", boxes=(Box(10, 20, 13, 25),))
    return [*good, *scratches, *dents]


def written(scored: list[Scored], output: Path, **more: Any) -> tuple[Page, dict[str, Any], str]:
    evaluate_scored(scored, THRESHOLD, output, name="plate", pixel_threshold=1.0, **more)
    text = (output / "report.html").read_text(encoding="utf-8")
    return Page(text), json.loads((output / "metrics.json").read_text()), text


def test_the_page_stands_alone_and_its_pictures_decode(mixed: list[Scored], tmp_path: Path) -> None:
    page, _, text = written(mixed, tmp_path / "report")
    assert len(text) < 3_000_000
    assert "script" not in page.tags
    assert len(page.addresses) > 10
    for address in page.addresses:
        kind, content = re.fullmatch(r"data:([a-z+/]+);base64,(.+)", address).groups()  # type: ignore[union-attr]
        data = base64.b64decode(content, validate=True)
        if kind == "image/svg+xml":
            assert b"<svg" in data
            assert not re.search(rb"(?:href|src)=.https?:", data)
        else:
            assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_shows_the_figures_of_metrics_json(mixed: list[Scored], tmp_path: Path) -> None:
    page, figures, _ = written(mixed, tmp_path / "report")
    assert list(figures) == KEYS
    assert page.figures == {name: figures[name] for name in KEYS if name != "per_defect"}
    assert "3 of 4" in page.words
    assert "2 of 5" in page.words


def test_precision_and_recall_are_told_at_the_best_threshold_too(mixed: list[Scored], tmp_path: Path) -> None:
    page, figures, _ = written(mixed, tmp_path / "report")
    # Calling 2.0 and above anomalous finds three of four and alarms for nothing.
    assert "calling 2.0000 and above anomalous: precision 1.0000, recall 0.7500" in page.words
    assert figures["best_f1"] == pytest.approx(2 * 3 / (3 + 4))


def test_mistakes_come_worst_first(mixed: list[Scored], tmp_path: Path) -> None:
    page, _, _ = written(mixed, tmp_path / "report")
    words = page.words
    order = [words.index(name) for name in ("False alarms", "worst.png", "less.png", "missed.png")]
    assert order == sorted(order)
    assert "good/c.png" not in words


def test_names_cannot_write_into_the_page(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script>'
    scored = judged(tmp_path, {"a.png": 0.1, "b.png": 0.2}, "good") + judged(tmp_path, {"c.png": 3.0}, "defect")
    scored = [*scored[:2], Scored(scored[2].path, 1, evil, 3.0, scored[2].map)]
    page, figures, text = written(scored, tmp_path / "report", details={evil: evil}, skipped=[Path(evil)])
    assert "script" not in page.tags
    assert evil not in text
    assert evil in figures["per_defect"]


def test_file_names_with_quotes_and_tags_stay_names(tmp_path: Path) -> None:
    name = """" onload='x' <b>&amp;.png"""
    page, _, _ = written(judged(tmp_path, {name: 0.5}, "good"), tmp_path / "report")
    assert f"good/{name}" in page.alternatives
    assert f"good/{name}" in page.words
    assert "onload" not in page.attributes
    assert "b" not in page.tags


def test_a_name_in_no_encoding_does_not_stop_the_report(mixed: list[Scored], tmp_path: Path) -> None:
    """Folders copied from an old computer keep Latin-1 names, which are not UTF-8."""
    folder = tmp_path / os.fsdecode(b"fr\xe4sen")
    folder.mkdir()
    path = folder / "s1.png"
    path.write_bytes(mixed[5].path.read_bytes())
    named = Scored(path, 1, folder.name, 3.0, mixed[5].map)
    page, figures, _ = written([*mixed, named], tmp_path / "report", skipped=[folder / "torn.png"])
    assert "fr?sen/s1.png" in page.words
    assert folder.name in figures["per_defect"]


def test_grainy_photographs_with_all_rows_full_can_still_be_mailed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "grain.png"
    cv2.imwrite(str(path), rng.integers(0, 256, (320, 320, 3), dtype=np.uint8))
    anomaly_map = rng.uniform(0, 9, (64, 64)).astype(np.float32)
    answers = [(0, "good", 2.0), (1, "crack", 0.5), (1, "crack", 3.0)]
    scored = [Scored(path, *answer, anomaly_map) for answer in answers for _ in range(9)]
    page, _, text = written(scored, tmp_path / "report")
    assert sum(address.startswith("data:image/jpeg") for address in page.addresses) == 48
    assert len(text) < 3_000_000


def test_the_defect_that_is_found_least_comes_first(tmp_path: Path) -> None:
    scored = [
        *judged(tmp_path, {"a.png": 0.1}, "good"),
        *judged(tmp_path, {"b.png": 2.0, "c.png": 3.0}, "always"),
        *judged(tmp_path, {"d.png": 0.2}, "never"),
        *judged(tmp_path, {"e.png": 0.3, "f.png": 2.0}, "halfway"),
    ]
    page, figures, _ = written(scored, tmp_path / "report")
    table = page.words[page.words.index("By defect") : page.words.index("the least found first")]
    assert re.findall("always|never|halfway", table) == ["never", "halfway", "always"]
    assert re.findall(r"[\d.]+ %", table) == ["0.0 %", "50.0 %", "100.0 %"]
    assert list(figures["per_defect"]) == ["always", "halfway", "never"]


@pytest.mark.parametrize(
    ("threshold", "shown"), [(0.0, "0.0000"), (3.2e-5, "3.2e-05"), (0.5, "0.5000"), (28.96875, "28.97")]
)
def test_scores_can_be_told_apart_whatever_their_size(tmp_path: Path, threshold: float, shown: str) -> None:
    evaluate_scored(judged(tmp_path, {"a.png": 2e-5}, "good"), threshold, tmp_path / "report", name="plate")
    assert f"At the threshold {shown}," in Page((tmp_path / "report" / "report.html").read_text()).words


@pytest.mark.parametrize("with_map", [True, False])
def test_good_pictures_alone_and_models_without_a_map_have_a_page(tmp_path: Path, with_map: bool) -> None:
    more = {} if with_map else {"map": None}
    good = judged(tmp_path, {"a.png": 0.2, "b.png": 1.4, "c.png": 0.3}, "good", **more)
    page, figures, text = written(good, tmp_path / "good")
    assert [figures[name] for name in ("image_auroc", "recall", "best_f1", "pixel_auroc")] == [None] * 4
    assert "NaN" not in text
    assert "1 of 3" in page.words

    both = good + judged(tmp_path, {"d.png": 2.0}, "dent", **more)
    _, figures, _ = written(both, tmp_path / "both")
    assert figures["image_auroc"] == 1.0
    assert figures["pixel_auroc"] is None


def test_one_skipped_picture_is_named(mixed: list[Scored], tmp_path: Path) -> None:
    page, _, _ = written(mixed, tmp_path / "report", skipped=[Path("test/torn.png")])
    assert "1 picture could not be decoded, and no figure counts it: test/torn.png" in " ".join(page.words.split())


def test_a_picture_that_is_gone_before_the_gallery_is_one_line(mixed: list[Scored], tmp_path: Path) -> None:
    mixed[1].path.unlink()
    with pytest.raises(PictureError, match=r"cannot read .*worst\.png"):
        written(mixed, tmp_path / "report")


def test_an_output_that_is_a_file_is_one_line(mixed: list[Scored], tmp_path: Path) -> None:
    (tmp_path / "report").write_text("taken")
    with pytest.raises(UsageError, match="cannot write the report to"):
        written(mixed, tmp_path / "report")


@pytest.mark.parametrize("name", ["metrics.json", "report.html"])
def test_a_folder_in_the_place_of_a_file_is_one_line(mixed: list[Scored], tmp_path: Path, name: str) -> None:
    (tmp_path / "report" / name).mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot write the report to .*: Is a directory; give another --output"):
        written(mixed, tmp_path / "report")


def test_nothing_scored_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no picture of plate could be scored"):
        written([], tmp_path / "report")
