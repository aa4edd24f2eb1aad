from __future__ import annotations

import numpy as np

from train.training.options import LearningOptions
from train.training.task import task_of

PICTURES = np.zeros((3, 8, 8, 3), np.uint8)


def test_what_differs_is_named_and_the_pictures_only_where_nothing_else_does() -> None:
    then = task_of({"--model": "cae", "--seed": "0"}, LearningOptions(), 0, PICTURES)
    for epochs in (50, 60):
        assert then.differences(task_of(then.given, LearningOptions(epochs=epochs), 0, PICTURES)) == ""
    assert (
        then.differences(task_of(then.given, LearningOptions(), 0, PICTURES + 1))
        == "the good pictures were others"
    )
    other = LearningOptions(batch=8, learning_rate=0.1, optimizer="sgd", patience=0)
    assert then.differences(task_of({"--model": "vae", "--seed": "0"}, other, 0, PICTURES + 1)) == (
        "--model was cae, not vae, --option batch was 16, not 8, --option learning_rate was 0.001, not 0.1"
    )
