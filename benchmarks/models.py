"""``make benchmark-models``: every model on bottle and capsule, beside what was published.

Each is trained by ``edge-ad train`` with its own defaults, exported to INT8, judged by the runtime from disk and
timed in a process of its own. Trainings are kept in a folder, interrupted ones go on, and one model can be
measured again alone. All of it takes hours, nearly all for networks that are trained by gradient.

Example:
  python -m benchmarks.models --work ~/edge-ad-models --jobs 2
  python -m benchmarks.models --work ~/edge-ad-models --models cae --sets bottle
  python -m benchmarks.models --work ~/edge-ad-models --parts time
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.cell import Key, judged_cell
from benchmarks.command import Figures
from benchmarks.conditions import ROOT, Others, conditions_here
from benchmarks.datasets import SETS, absent, find_set
from benchmarks.front import run
from benchmarks.models_results import ModelsFile, Row, Speed
from benchmarks.models_tables import head, measured, tables
from benchmarks.models_training import Recipe, Training, train_all
from benchmarks.results_file import read_results, write_results
from benchmarks.speed import in_a_process
from benchmarks.speed_bundles import shown_pictures
from benchmarks.speed_results import NATIVE
from edge.errors import UsageError
from train.checkpoint import load_checkpoint
from train.data.mvtec import read_mvtec
from train.models.registry import KINDS

FIGURES = Figures("models", ROOT / "docs" / "models.md", "models")
MEASURED = ROOT / "train" / "models" / "measured.json"
PARTS = ("train", "judge", "time")
FRAMES = 300
REPETITIONS = 9  # processes; here and there one is faster by a third from its first frame to its last
SEEDS = {"padim": (0, 1, 2), "shallow": (0, 1, 2)}  # of other models the first alone
# The capsule lies in the middle third of its pictures, which the training pictures show; 352 pixels are as many in
# the window as 237 x 237 are without.
WINDOW = {"capsule": ("--image-size", "352", "--option", "cut_top=0.28", "--option", "cut_bottom=0.28")}
# Squared errors as they are, beside the score that autoencoders have here: their mean over the picture, and the
# largest of a map that is hardly filtered.
MEAN = ("--option", "standardized=false", "--option", "top_share=1")
LARGEST = (*MEAN[:2], "--option", "smoothing_px=1", "--option", "top_share=0.0001")
RECIPES = (
    {name: Recipe(name, SEEDS.get(name, (0,))) for name in KINDS}
    | {f"{name}, window": Recipe(name, seeds, WINDOW) for name, seeds in SEEDS.items()}
    | {
        "cae, mean error": Recipe("cae", arguments={"bottle": MEAN}),
        "cae, largest error": Recipe("cae", arguments={"bottle": LARGEST}),
    }
)


def main() -> None:
    """Trains, judges, times, prints tables, writes JSON; results in the usual place go to the page as well.

    Raises:
        UsageError: a set is not here, or the JSON is of another kind.
        EdgeAdError: a model cannot be measured.
    """
    arguments = _arguments()
    for name in arguments.sets:
        if reason := absent(name):
            raise UsageError(f"{name} cannot be measured: {reason}")
    trainings = _trainings(arguments)
    if "train" in arguments.parts:
        train_all(trainings, arguments.jobs, _say)
    if "judge" in arguments.parts:
        judge(trainings, arguments.json)
    if "time" in arguments.parts:
        time_bundles(trainings, arguments.json, arguments.work)
    results = read_results(arguments.json, ModelsFile)
    if results is None or not results.rows:
        raise UsageError(f"{arguments.json} has no results", hint="measure some: leave out --parts")
    FIGURES.show(head(results), tables(results, tuple(RECIPES)), json=arguments.json)
    if arguments.json.resolve() == FIGURES.json:
        MEASURED.write_text(json.dumps(measured(results), indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = FIGURES.parser(__doc__)
    parser.add_argument("--models", nargs="+", choices=list(RECIPES), default=list(RECIPES), help="all by default")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["bottle", "capsule"])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "models", help="keeps trainings and bundles")
    parser.add_argument("--jobs", type=int, default=1, help="trainings side by side")
    parser.add_argument(
        "--parts", nargs="*", choices=PARTS, default=list(PARTS), help="of the way; none shows what there is"
    )
    return parser.parse_args()


def _trainings(arguments: argparse.Namespace) -> list[Training]:
    roots = {name: find_set(name, arguments.work / "sets").root for name in arguments.sets}
    return [
        Training(
            key,
            roots[name],
            arguments.work / key.model.replace(", ", "-") / key.set / str(key.seed),
            RECIPES[model],
        )
        for model in arguments.models
        for name in arguments.sets
        if RECIPES[model].suits(name)
        for seed in RECIPES[model].seeds
        for key in (Key(model, name, seed),)
    ]


def judge(trainings: Sequence[Training], path: Path) -> None:
    """Exports and judges each training that is there, and puts it into the JSON.

    Raises:
        EdgeAdError: a model cannot be exported, or a picture cannot be read.
    """
    for number, training in enumerate(trainings, start=1):
        note = training.note()
        if note is None or not training.kept:
            _say(f"[{number}/{len(trainings)}] {training.key} is not trained")
            continue
        dataset = read_mvtec(training.data)
        cell = judged_cell(
            *(training.key, dataset, training.checkpoint, training.seconds(), _bundle(training), Others())
        )
        setup = load_checkpoint(training.checkpoint)[1].setup
        row = Row(
            cell=cell,
            arguments=training.arguments,
            height=setup.height,
            width=setup.width,
            epochs=training.epochs(),
            threads=note.threads,
            trained_by=note.code_sha256,
            conditions=conditions_here(),
        )
        before = read_results(path, ModelsFile) or ModelsFile()  # another run may have written meanwhile
        write_results(path, before.with_row(row))
        low, high = cell.image_auroc_interval
        _say(f"[{number}/{len(trainings)}] {cell.key}: AUROC {cell.image_auroc:.4f} ({low:.3f} to {high:.3f})")


def time_bundles(trainings: Sequence[Training], path: Path, work: Path) -> None:
    """Times the first training of each recipe, in turns, so that a disturbance meets all alike.

    Raises:
        DeviceError: a bundle cannot be run.
    """
    results = read_results(path, ModelsFile) or ModelsFile()
    here = [training for training in trainings if results.row(training.key) and _bundle(training).is_file()]
    first = {training.key.model: training for training in reversed(here)}
    found: dict[str, list[tuple[float, float, float, float, float]]] = {name: [] for name in first}
    for _ in range(REPETITIONS):
        for name, training in first.items():
            others = Others()
            pictures = shown_pictures(read_mvtec(training.data))
            each = in_a_process(_bundle(training), pictures, FRAMES, NATIVE, work / "compiled")
            _say(f"{name}: {each.inference_ms:.2f} ms, frame {each.p50_ms:.2f} ms")
            found[name].append((each.inference_ms, each.p50_ms, each.p99_ms, each.resident_mb, others.cores()))
    for name, runs in found.items():
        network, frame, p99, resident, _ = (median(column) for column in zip(*runs, strict=True))
        speed = Speed(
            network_ms=network,
            frame_ms=frame,
            frame_p99_ms=p99,
            resident_mb=resident,
            others_cores=max(run[-1] for run in runs),
            conditions=conditions_here(),
        )
        _keep(path, first[name].key, speed)


def _keep(path: Path, key: Key, speed: Speed) -> None:
    """Puts a timing into the JSON, which another run may have written meanwhile."""
    results = read_results(path, ModelsFile) or ModelsFile()
    if row := results.row(key):
        write_results(path, results.with_row(row.model_copy(update={"speed": speed})))


def _bundle(training: Training) -> Path:
    return training.folder / f"{training.key.set}.xml"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    run(main)
