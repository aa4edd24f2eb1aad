"""``edge-ad train``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import UsageError
from edge.extras import needs_extra
from edge.output import writable_folder

if TYPE_CHECKING:
    from train.models.kind import Kind

INTERRUPTED = (
    130  # as a shell counts Ctrl-C; by sys.exit, as Typer's own Exit with this code is told of as an error
)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data set: MVTec layout, class folders, or a folder of good pictures."),
]
Normal = Annotated[Path | None, typer.Option("--normal", help="Folder of good pictures, instead of --data.")]
Abnormal = Annotated[
    Path | None, typer.Option("--abnormal", help="Folder of defective pictures beside --normal, for evaluation.")
]
Folds = Annotated[
    int | None,
    typer.Option(
        "--folds",
        min=0,
        help="0: a fifth of the good pictures is kept aside for the threshold. N: all are fitted on, and the "
        "threshold rests on models of N folds; not for networks that are trained. Not given: 10 folds up to 100 "
        "pictures.",
    ),
]
Augment = Annotated[
    int | None,
    typer.Option(
        "--augment",
        min=0,
        max=50,
        help="Jittered copies of each good picture in the fit; not given: 2 for padim and shallow, 0 for others.",
    ),
]
NormalClass = Annotated[
    str | None, typer.Option("--normal-class", help="Class folder in --data that is good; others are anomalies.")
]


def train(
    output: Annotated[Path, typer.Option("--output", help="Folder for model.safetensors.")],
    data: Data = None,
    normal: Normal = None,
    abnormal: Abnormal = None,
    normal_class: NormalClass = None,
    model: Annotated[str, typer.Option("--model", help="See 'edge-ad models'.")] = "padim",
    image_size: Annotated[
        str | None,
        typer.Option(
            "--image-size",
            help="Side in pixels, or HEIGHTxWIDTH for long products, e.g. 416x160; not given: 256, shallow 192.",
        ),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            "--backbone", help="Feature network of models that have one; with timm installed, any of its."
        ),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**63 - 1, help="Of the split and of everything random.")
    ] = 0,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="NAME=VALUE of the model; repeat. See 'edge-ad models kinds NAME'."),
    ] = None,
    false_alarm_rate: Annotated[
        float, typer.Option("--false-alarm-rate", min=1e-6, max=0.5, help="Promised share of false alarms.")
    ] = 0.05,
    folds: Folds = None,
    augment: Augment = None,
    jitter: Annotated[
        list[str] | None,
        typer.Option(
            "--jitter",
            help="NAME=VALUE: how far copies are off; repeat. shift (share of the longer side), rotation "
            "(degrees), brightness (share), blur (share of the width). As good pictures differ, if not given.",
        ),
    ] = None,
    texture_dir: Annotated[
        Path | None,
        typer.Option(
            "--texture-dir", help="Folder of foreign textures, such as DTD, for models that learn by them."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training that was interrupted in --output.")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="Product name; the data's folder by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Fit a model on pictures of good parts and write a checkpoint.

    Up to 100 good pictures all are fitted on, and the threshold rests on models of folds; of more, or where a
    network is trained, one in five is kept aside, by content, for the threshold. Copies of a picture count once,
    and subfolders are not looked into. Ctrl-C during a long training still gives a checkpoint, of what was learnt
    so far.

    \b
    Example:
      edge-ad train --data bottle/ --model padim --output runs/bottle
      edge-ad train --data forest/ --normal-class healthy --output runs/forest
      edge-ad train --data bottle/ --model cae --option epochs=80 --output runs/bottle-cae
    """
    from edge.inference.promise import promise_of

    with needs_extra("train"):
        from train.data.find import find_dataset
        from train.fit import train as fit
        from train.models.registry import find_kind
        from train.models.setup import Setup

    kind = find_kind(model)
    height, width = parse_size(image_size or str(kind.side))
    options = _options(kind, parse_options(option or []), texture_dir)
    if backbone and kind.backbone is None:
        raise UsageError(f"{model} has no backbone", hint="leave out --backbone")
    backbone = backbone or kind.backbone
    setup = Setup(model=model, height=height, width=width, backbone=backbone, seed=seed, options=options)
    dataset = find_dataset(data, normal=normal, abnormal=abnormal, normal_class=normal_class)
    writable_folder(output)
    trained = fit(
        dataset,
        setup,
        output,
        name=name,
        false_alarm_rate=false_alarm_rate,
        folds=folds,
        augment=kind.copies if augment is None else augment,
        ranges=parse_options(jitter or [], flag="--jitter"),
        device=device,
        resume=resume,
    )
    header = trained.header
    if as_json:
        summary = header.model_dump(mode="json", by_alias=True, exclude={"calibration": {"quantiles"}})
        skipped = [str(path) for path in trained.skipped]
        doubts = {"suspects": [str(path) for path in trained.suspects], "doubt": trained.doubt}
        left_out = {
            "skipped": skipped,
            "copies": [str(path) for path in trained.copies],
            "folders": [str(path) for path in trained.folders],
        }
        about = {"checkpoint": str(trained.checkpoint), "interrupted": trained.interrupted}
        typer.echo(json.dumps(about | left_out | doubts | summary))
        if trained.interrupted:
            sys.exit(INTERRUPTED)
        return
    calibration = header.calibration
    typer.echo(f"{trained.checkpoint}: {model} for {header.name}, fitted on {header.training.pictures} pictures")
    typer.echo(
        f"threshold {calibration.threshold:.4g} from {calibration.pictures} "
        f"{f'pictures in {calibration.folds} folds' if calibration.folds else 'other pictures'}: "
        f"{promise_of(calibration)}"
    )
    if calibration.false_alarm_rate > false_alarm_rate:
        typer.echo(f"({false_alarm_rate:.1%} was asked; that needs more good pictures)")
    echo_skipped(trained.skipped)
    echo_left_out(trained.copies, trained.folders)
    echo_doubts(trained.suspects, trained.doubt)
    if trained.interrupted:
        further = "the same command with --resume goes on" if trained.resumable else "it cannot be resumed"
        typer.echo(f"interrupted: this is what was learnt so far; {further}")
        sys.exit(INTERRUPTED)
    typer.echo(
        f"next: edge-ad export --checkpoint {quote(str(trained.checkpoint))} --output {quote(header.name)}.xml "
        "--precision int8"
    )


def _options(kind: Kind, given: dict[str, object], texture_dir: Path | None) -> dict[str, object]:
    """All of a model's options; a folder as it is called from anywhere, for --resume compares it."""
    from train.models.registry import options_of, textured

    if texture_dir is not None:
        if kind.name not in textured():
            only = f"only {' '.join(textured())} learns by textures"
            raise UsageError(f"{kind.name} takes no --texture-dir: {only}", hint="leave it out")
        given = {**given, "texture_dir": str(texture_dir)}
    options: dict[str, object] = options_of(kind, given).model_dump()
    if folder := options.get("texture_dir"):
        options["texture_dir"] = str(Path(str(folder)).resolve())
    return options


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) from "256" or "416x160".

    Raises:
        UsageError: neither, or outside 32 to 4096.
    """
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdecimal() and 32 <= int(part) <= 4096 for part in parts):
        raise UsageError(
            f"--image-size {text!r} is not a size",
            hint="a side like 256, or HEIGHTxWIDTH like 416x160, 32 to 4096",
        )
    return int(parts[0]), int(parts[-1])


def parse_options(pairs: list[str], *, flag: str = "--option") -> dict[str, object]:
    """NAME=VALUE pairs to a mapping; the types that they are for check the values.

    Raises:
        UsageError: a pair without "=".
    """
    options: dict[str, object] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            example = "components=64" if flag == "--option" else "shift=0.02"
            raise UsageError(f"{flag} {pair!r} has no value", hint=f"for example: {flag} {example}")
        options[name.replace("-", "_")] = value
    return options


def echo_skipped(skipped: tuple[Path, ...], *, err: bool = False) -> None:
    """Names pictures that could not be decoded; on standard error where standard output is for machines."""
    if skipped:
        named = ", ".join(map(str, skipped))
        typer.echo(f"skipped {len(skipped)} pictures that cannot be decoded: {named}", err=err)


def echo_left_out(copies: tuple[Path, ...], folders: tuple[Path, ...]) -> None:
    """Tells which files and folders beside the pictures do not count."""
    if copies:
        typer.echo(f"left out {len(copies)} copies of other pictures: a copy is no other part")
    if folders:
        typer.echo(f"subfolders of {folders[0].parent} ({len(folders)}) are not looked into")


def echo_doubts(suspects: tuple[Path, ...], doubt: str) -> None:
    """Tells what speaks against pictures that are said to be good."""
    if suspects:
        typer.echo(f"warning: look at these, they may show defects: {', '.join(map(str, suspects))}")
    if doubt:
        typer.echo(f"warning: {doubt}")
