from __future__ import annotations

import numpy as np

from train.training.watched import set_aside

PICTURES = np.random.default_rng(1).integers(0, 256, (20, 4, 4, 3), dtype=np.uint8)


def names(pictures: np.ndarray) -> list[bytes]:
    return [picture.tobytes() for picture in pictures]


def test_each_picture_is_on_one_side_and_their_order_changes_nothing() -> None:
    learnt, watched = set_aside(PICTURES, 0.2, 0)
    assert len(watched) == 4
    assert set(names(learnt)) | set(names(watched)) == set(names(PICTURES))
    assert not set(names(learnt)) & set(names(watched))
    again = set_aside(PICTURES[::-1], 0.2, 0)
    assert names(again[0]) == names(learnt)
    assert names(again[1]) == names(watched)
    assert names(set_aside(PICTURES, 0.2, 1)[1]) != names(watched)


def test_copies_stay_together() -> None:
    learnt, watched = set_aside(np.concatenate([PICTURES, PICTURES]), 0.2, 0)
    assert (len(learnt), len(watched)) == (32, 8)
    assert not set(names(learnt)) & set(names(watched))


def test_at_least_one_of_two_is_watched_and_none_where_none_is_wanted() -> None:
    assert [len(part) for part in set_aside(PICTURES[:2], 0.01, 0)] == [1, 1]
    assert [len(part) for part in set_aside(PICTURES, 0, 0)] == [20, 0]
    assert [len(part) for part in set_aside(PICTURES[:1], 0.5, 0)] == [1, 0]


def test_copies_of_a_picture_are_learnt_where_it_is_and_never_watched() -> None:
    """Three pictures with two copies each, a brightness apart."""
    originals = PICTURES[:3] // 2
    given = np.concatenate([[one, one + 1, one + 2] for one in originals])
    learnt, watched = set_aside(given, 0.3, 0, copies=2)
    assert (len(learnt), len(watched)) == (6, 1)
    assert names(watched)[0] in names(originals)
    assert names(watched)[0] not in names(learnt)
    aside = names(originals).index(names(watched)[0])
    assert sorted(names(learnt)) == sorted(names(np.delete(given, range(3 * aside, 3 * aside + 3), axis=0)))
