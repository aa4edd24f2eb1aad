"""The training loop: good pictures and a lesson to a network that learnt it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edge.errors import TrainingError, UsageError
from edge.output import writable_folder
from train.training.interrupt import stoppable
from train.training.lesson import Lesson
from train.training.log import CURVE, LOG, Epoch, write_log, write_plot
from train.training.memory import enough_memory
from train.training.options import LearningOptions
from train.training.precision import mixed_precision
from train.training.repeatable import repeatable
from train.training.shown import Shown, bar, warn
from train.training.state import State, read_state, refuse_to_lose, write_state
from train.training.task import task_of
from train.training.watched import Pictures, set_aside
from train.training.work import Separation, Work

KEEP_EVERY_S = 30.0  # so much of a training is lost at most when the computer fails
LOOKS = 10  # how often at most the test pictures are looked at for the log
SLOWER = "give a smaller --option learning-rate=..."


@dataclass(frozen=True)
class Learnt:
    """How a training went.

    Attributes:
        epochs: one line each.
        best: number of the epoch whose weights the network has.
        interrupted: Ctrl-C ended it; it can go on.
    """

    epochs: tuple[Epoch, ...]
    best: int
    interrupted: bool


@dataclass(frozen=True)
class Course:
    """What is learnt, and from what.

    Attributes:
        network: takes uint8 BGR [N, H, W, 3].
        lesson: gives the loss.
        pictures: good ones, uint8 [N, H, W, 3].
        options: of the training.
        seed: of everything random.
        task: what is trained besides the options, see ``Task.given``, so that no other training goes on from its
            state.
        separation: of test pictures by the network at hand, looked at now and then for the log.
        copies: that follow each picture; they are on one side with it, and never watched.
    """

    network: nn.Module
    lesson: Lesson
    pictures: Pictures
    options: LearningOptions
    seed: int
    task: Mapping[str, str]
    separation: Separation | None = None
    copies: int = 0


def learn(course: Course, work: Work) -> Learnt:
    """Trains a network in place and leaves it in evaluation mode, on the CPU.

    Where ``options.patience`` is set, it ends with the weights that served the watched pictures best, otherwise
    with the last ones. On one device the same seed gives the same network, interrupted or not,
    but for what torch warns of on CUDA.

    The state stays in the folder, for what comes after a training can fail too; ``state.clear`` removes it.

    Args:
        course: its network is the one that is trained.
        work: device, folder, and whether to go on.

    Raises:
        TrainingError: the loss is no number any more, a step has too few pictures, or memory is too small.
        CheckpointError: ``work.resume`` and the state left in the folder does not fit.
        UsageError: the folder cannot be written, or holds a training that would be lost.

    Log, curve or state that cannot be written later are a warning: the network is what counts.
    """
    if work.folder:
        writable_folder(work.folder)
        if not work.resume:
            refuse_to_lose(work.folder)
    run = _Run(course, work)
    options = course.options
    height, width = course.pictures.shape[1:3]
    batch = min(options.batch, len(run.learnt))
    with (
        enough_memory(work.device, (height, width), batch, options.smallest_batch()),
        _explained(run),
        repeatable(work.device),
        stoppable() as stop,
        bar(options.epochs, len(run.state.epochs), run.steps) as shown,
    ):
        finished = run.until_done(stop, shown)
    if not finished and not run.state.epochs:
        raise KeyboardInterrupt  # nothing was learnt that a checkpoint could hold
    return run.close(finished)


@contextmanager
def _explained(run: _Run) -> Iterator[None]:
    """Turns failures of torch that come from the options into one line.

    Raises:
        TrainingError: a matrix cannot be inverted any more, or a step has one picture and needs more.
    """
    try:
        yield
    except torch.linalg.LinAlgError as error:
        number = len(run.state.epochs) + 1
        raise TrainingError(f"the loss cannot be computed any more in epoch {number}", hint=SLOWER) from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise TrainingError(
            f"a step has one picture of the {len(run.learnt)} that are learnt, and this network needs two",
            hint="give a larger --option batch=..., or a smaller --option held-out=...",
        ) from error


class _Run:
    """One training while it runs."""

    def __init__(self, course: Course, work: Work) -> None:
        self.network = course.network.to(work.device, memory_format=torch.channels_last)
        self.lesson, self.seed, self.work = course.lesson, course.seed, work
        self.options = options = course.options
        self.separation = course.separation if work.tested is not None else None
        self.learnt, self.watched = set_aside(course.pictures, options.held_out, course.seed, course.copies)
        self.steps = math.ceil(len(self.learnt) / options.batch)
        self.optimizer = _optimizer(self.network, options)
        task = task_of(course.task, options, course.copies, self.learnt, self.watched)
        self.state = State(task, options.epochs)
        if work.resume and work.folder:
            longer = options.schedule == "constant"
            self.state = read_state(work.folder, self.state, self.network, self.optimizer, longer=longer)
        self.kept = time.monotonic()
        self.warned: set[str] = set()

    def until_done(self, stop: Callable[[], bool], shown: Shown) -> bool:
        """Runs epoch by epoch; False where it was stopped before its end."""
        while not self._over():
            number = len(self.state.epochs) + 1
            began = time.monotonic()
            rate = _rate(self.options, number)
            loss = self._pass(number, rate, stop, shown)
            if loss is None:
                self._keep()
                return False
            line = Epoch(
                epoch=number,
                loss=loss,
                watched_loss=self._watch(),
                learning_rate=rate,
                seconds=round(time.monotonic() - began, 3),
                separation=self._separation(number),
            )
            self._note(line)
            shown.epoch(line)
        self._keep()
        return True

    def close(self, finished: bool) -> Learnt:
        """Takes the best weights where the options ask for them, and draws the curve."""
        best = self.state.best if self.options.patience else 0
        if best:
            self.network.load_state_dict(self.state.weights)
        self.network.to("cpu", memory_format=torch.contiguous_format).eval()
        epochs = tuple(self.state.epochs)
        if (folder := self.work.folder) and epochs:
            self._try_to_write(lambda: write_plot(folder / CURVE, epochs), "the curve is missing")
        return Learnt(epochs, best or len(epochs), not finished)

    def _over(self) -> bool:
        done = len(self.state.epochs)
        patience = self.options.patience
        return done >= self.options.epochs or (0 < patience <= done - self.state.best and self.state.best > 0)

    def _pass(self, number: int, rate: float, stop: Callable[[], bool], shown: Shown) -> float | None:
        """One pass over the pictures; their mean loss, or None where it was stopped on the way and taken back."""
        torch.manual_seed((self.seed * 1_000_003 + number) % 2**63)
        rng = np.random.default_rng([self.seed, number])
        before = copy.deepcopy((self.network.state_dict(), self.optimizer.state_dict()))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        total = 0.0
        for chosen in np.array_split(rng.permutation(len(self.learnt)), self.steps):
            if stop():  # a training that goes on later must find what it would have had without a pause
                self.network.load_state_dict(before[0])
                self.optimizer.load_state_dict(before[1])
                return None
            loss = self._loss(self.learnt[chosen], rng)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            total += _finite(loss, number) * len(chosen)
            shown.step()
        return total / len(self.learnt)

    def _watch(self) -> float | None:
        """Mean loss on the watched pictures; None where it is no number, as none would be lower than that.

        What is drawn at random is the same in every epoch.
        """
        if not len(self.watched):
            return None
        torch.manual_seed(self.seed % 2**63)
        rng = np.random.default_rng(self.seed)
        self.network.eval()
        total = 0.0
        parts = np.array_split(self.watched, math.ceil(len(self.watched) / self.options.batch))
        with torch.inference_mode():
            for part in parts:
                total += float(self._loss(part, rng)) * len(part)
        mean = total / len(self.watched)
        return mean if math.isfinite(mean) else None

    def _loss(self, pictures: Pictures, rng: np.random.Generator) -> Tensor:
        with mixed_precision(self.work.device):
            return self.lesson(self.network, torch.from_numpy(pictures).to(self.work.device), rng)

    def _separation(self, number: int) -> float | None:
        every = math.ceil(self.options.epochs / LOOKS)
        if self.separation is None or (number % every and number < self.options.epochs):
            return None
        self.network.eval()
        return self.separation(self.network)

    def _note(self, line: Epoch) -> None:
        self.state.epochs.append(line)
        lowest = min(
            (e.watched_loss for e in self.state.epochs[:-1] if e.watched_loss is not None), default=math.inf
        )
        if line.watched_loss is not None and line.watched_loss < lowest:
            self.state.best = line.epoch
            self.state.weights = {name: value.cpu().clone() for name, value in self.network.state_dict().items()}
        if folder := self.work.folder:
            self._try_to_write(lambda: write_log(folder / LOG, self.state.epochs), "the log lags behind")
        if time.monotonic() - self.kept > KEEP_EVERY_S:
            self._keep()

    def _keep(self) -> None:
        if (folder := self.work.folder) and self.state.epochs:
            self._try_to_write(
                lambda: write_state(folder, self.state, self.network, self.optimizer),
                "free the disk: until it can be written, --resume cannot have what is learnt from here on",
            )
        self.kept = time.monotonic()

    def _try_to_write(self, write: Callable[[], None], lost: str) -> None:
        """Warns once where that fails: it is tried again, and what the network learnt must not be lost with it."""
        try:
            write()
        except UsageError as error:
            if lost not in self.warned:
                warn(f"{error.message}; {lost}")
            self.warned.add(lost)


def _optimizer(network: nn.Module, options: LearningOptions) -> torch.optim.Optimizer:
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if options.optimizer == "sgd":
        return torch.optim.SGD(weights, options.learning_rate, momentum=0.9, weight_decay=options.weight_decay)
    return torch.optim.Adam(weights, options.learning_rate, weight_decay=options.weight_decay)


def _rate(options: LearningOptions, number: int) -> float:
    """Learning rate of an epoch, counted from 1; the cosine falls towards a hundredth."""
    if options.schedule == "constant":
        return options.learning_rate
    share = (number - 1) / options.epochs
    return options.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)


def _finite(loss: Tensor, number: int) -> float:
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingError(f"the loss is {value} in epoch {number}", hint=SLOWER)
    return value
