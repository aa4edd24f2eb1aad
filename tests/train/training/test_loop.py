from __future__ import annotations

import csv
import math
import os
import signal
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from edge.errors import TrainingError, UsageError
from tests.train.training.grey import GREY, PICTURES, Grey, Interrupting, learnt, lesson, options, same
from train.models.registry import find_kind, options_of
from train.training.loop import Course, learn
from train.training.memory import enough_memory
from train.training.repeatable import repeatable
from train.training.state import NAME
from train.training.work import Labelled, Work

SMALLER = "a smaller --image-size"


def test_the_same_seed_learns_the_same_and_another_one_not() -> None:
    first, again, other = Grey(), Grey(), Grey()
    history = learnt(first).epochs
    assert [line.loss for line in learnt(again).epochs] == [line.loss for line in history]
    assert same(first, again)
    learn(Course(other, lesson, PICTURES, options(), 4, GREY), Work())
    assert not same(first, other)
    assert history[-1].loss < history[0].loss


def test_the_first_ctrl_c_is_answered(capfd: pytest.CaptureFixture[str]) -> None:
    learnt(Interrupting(8))
    assert "stopping after this step ..." in capfd.readouterr().err


def test_ctrl_c_before_anything_is_learnt_is_only_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        learnt(Interrupting(1), Work(folder=tmp_path))
    assert not (tmp_path / NAME).exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_the_program_at_once() -> None:
    class Twice(Grey):
        came_this_far = 0

        def forward(self, pictures: Tensor) -> Tensor:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                self.came_this_far += 1
            return super().forward(pictures)

    network = Twice()
    with pytest.raises(KeyboardInterrupt):
        learnt(network)
    assert network.came_this_far == 1


def test_it_stops_when_the_watched_pictures_gain_no_more_and_takes_the_best_weights() -> None:
    """Noise cannot be learnt: a fast training soon serves the watched pictures worse."""
    network = Grey()
    went = learnt(network, epochs=80, patience=5, learning_rate=0.1)
    watched = [line.watched_loss for line in went.epochs]
    assert len(watched) < 80
    assert went.best == 1 + int(np.argmin(watched))
    assert len(watched) == went.best + 5
    again = Grey()
    learn(Course(again, lesson, PICTURES, options(epochs=80, patience=0, learning_rate=0.1), 3, GREY), Work())
    assert not same(network, again)


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_a_watched_loss_that_is_no_number_stops_no_stopping(bad: str, tmp_path: Path) -> None:
    looks = count(1)

    def overflowing(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        if network.training:
            return lesson(network, pictures, rng)
        return torch.tensor(float(bad) if (look := next(looks)) in (1, 3) else look)

    went = learn(
        Course(Grey(), overflowing, PICTURES, options(epochs=20, patience=3), 3, GREY), Work(folder=tmp_path)
    )
    assert [line.watched_loss for line in went.epochs] == [None, 2, None, 4, 5]
    assert went.best == 2
    with (tmp_path / "training.csv").open() as file:
        assert [line["watched_loss"] for line in csv.DictReader(file)] == ["", "2.0", "", "4.0", "5.0"]


def test_without_patience_it_takes_the_last_weights_after_all_epochs() -> None:
    went = learnt(Grey(), epochs=12, patience=0, learning_rate=0.1)
    assert (len(went.epochs), went.best) == (12, 12)


def test_the_learning_rate_falls_as_a_cosine_or_stays() -> None:
    rates = [line.learning_rate for line in learnt(Grey(), epochs=4, patience=0).epochs]
    expected = [0.02 * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2) for share in (0, 0.25, 0.5, 0.75)]
    assert rates == pytest.approx(expected)
    assert {line.learning_rate for line in learnt(Grey(), schedule="constant").epochs} == {0.02}


def test_separation_is_logged_now_and_then_and_decides_nothing(tmp_path: Path) -> None:
    tested = Labelled(PICTURES[:2], np.array([0, 1]))
    plain, watched = Grey(), Grey()
    learnt(plain, epochs=20, patience=0)
    looks: list[bool] = []

    def separation(network: nn.Module) -> float:
        looks.append(network.training)
        torch.manual_seed(99)  # whatever a look draws must not change what is learnt
        return 1.5

    work = Work(folder=tmp_path, tested=tested)
    went = learn(
        Course(watched, lesson, PICTURES, options(epochs=20, patience=0), 3, GREY, separation=separation), work
    )
    assert [line.epoch for line in went.epochs if line.separation == 1.5] == list(range(2, 21, 2))
    assert looks == [False] * 10
    assert same(plain, watched)


@pytest.mark.parametrize("epochs", [1, 9, 11, 19])
def test_the_test_pictures_are_looked_at_ten_times_at_most(epochs: int) -> None:
    work = Work(tested=Labelled(PICTURES[:2], np.array([0, 1])))
    given = options(epochs=epochs, patience=0, held_out=0.8, batch=4096)
    went = learn(Course(Grey(), lesson, PICTURES, given, 3, GREY, separation=lambda network: 1.0), work)
    assert 0 < sum(line.separation is not None for line in went.epochs) <= 10
    assert went.epochs[-1].separation == 1.0


def test_the_log_and_the_curve_are_written(tmp_path: Path) -> None:
    went = learnt(Grey(), Work(folder=tmp_path))
    with (tmp_path / "training.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [float(line["loss"]) for line in lines] == [line.loss for line in went.epochs]
    assert [float(line["watched_loss"]) for line in lines] == [line.watched_loss for line in went.epochs]
    assert "watched pictures" in (tmp_path / "training.svg").read_text()


def test_a_loss_that_is_no_number_is_one_line() -> None:
    def broken(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return lesson(network, pictures, rng) * float("nan")

    with pytest.raises(TrainingError, match=r"the loss is nan in epoch 1; give a smaller --option learning-rate"):
        learn(Course(Grey(), broken, PICTURES, options(), 3, GREY), Work())


def test_a_matrix_that_has_no_roots_any_more_is_one_line() -> None:
    def singular(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return torch.linalg.cholesky(-torch.eye(2)).sum()

    with pytest.raises(
        TrainingError, match=r"cannot be computed any more in epoch 1; give a smaller --option lear"
    ):
        learn(Course(Grey(), singular, PICTURES, options(), 3, GREY), Work())


def test_a_step_of_one_picture_that_a_network_cannot_learn_from_is_one_line() -> None:
    network = nn.BatchNorm1d(3)

    def means(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return network(pictures.float().mean((1, 2))).square().mean()

    with pytest.raises(
        TrainingError, match=r"one picture of the 22 that are learnt.*; give a larger --option batch"
    ):
        learn(Course(network, means, PICTURES, options(batch=1), 3, GREY), Work())


def test_cuda_is_told_to_compute_the_same_each_time_and_left_as_it_was() -> None:
    def told() -> tuple[bool, bool]:
        return torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic

    before = told()
    with repeatable("cuda:0"):
        assert told() == (True, True)
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert told() == before == (False, False)
    with repeatable("cpu"):
        assert told() == before


@pytest.mark.parametrize(
    ("model", "batch", "at_once", "advice"),
    [
        ("cae", 8, 8, "--option batch=4"),
        ("cae", 1, 1, SMALLER),
        ("cae", 4096, 22, "--option batch=11"),  # 22 are learnt
        ("vae", 6, 6, "--option batch=4"),  # it takes no fewer
        ("dagmm-flat", 4, 4, SMALLER),
    ],
)
def test_too_little_memory_says_what_to_do(model: str, batch: int, at_once: int, advice: str) -> None:
    def huge(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return torch.empty(1 << 60).sum()

    given = options_of(find_kind(model), {"batch": batch})
    with pytest.raises(
        TrainingError, match=f"cpu has too little memory for {at_once} pictures of 8 x 8 .*give {advice}$"
    ):
        learn(Course(Grey(), huge, PICTURES, given, 3, GREY), Work())


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (
            "mps",
            "MPS backend out of memory (MPS allocated: 9.01 GB, other allocations: 0.5 GB)",
        ),
        ("cuda", "CUDA error: out of memory"),
        ("cuda", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        ("cuda", "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_graphics_cards_run_out_of_memory_in_other_words(device: str, said: str) -> None:
    found = pytest.raises(
        TrainingError, match=f"{device} has too little memory for a model of 64 x 32; .* {SMALLER}$"
    )
    with found, enough_memory(device, (32, 64)):
        raise RuntimeError(said)


def test_other_failures_of_torch_are_not_called_memory() -> None:
    def wrong(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return torch.ones(2, 3) @ torch.ones(2, 3)

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        learn(Course(Grey(), wrong, PICTURES, options(), 3, GREY), Work())


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write to"):
        learnt(Grey(), Work(folder=tmp_path / "file" / "run"))
