"""What does not count at the cameras does not count for their threshold either."""

from __future__ import annotations

from edge.area import Area, AreaPlan, area_plan_of
from edge.inference.engine import Raw
from edge.inference.judge import masked
from edge.inspection.chosen import Chosen


def shared_plan(where: Chosen) -> tuple[AreaPlan, str]:
    """The plan of all cameras that the model's threshold is for, and a warning where they have none in common.

    A camera that ignores less than the pictures did would see more false alarms than were promised, so without a
    plan in common nothing is ignored.

    Raises:
        ConfigError: a mask picture cannot be read.
    """
    cameras = [camera for camera in where.config.cameras if camera.name in where.cameras]
    plans = [area_plan_of(camera) for camera in cameras]
    if not any(plan.masks for plan in plans):
        return AreaPlan(), ""
    if len({(camera.roi, camera.ignore, camera.mask) for camera in cameras}) == 1:
        return plans[0], ""
    names = " ".join(camera.name for camera in cameras)
    return AreaPlan(), (
        f"cameras {names} share the model and ignore different places, so the threshold of its map is set "
        "on whole pictures: give each a model of its own"
    )


def counting(raw: Raw, plan: AreaPlan, size: tuple[int, int]) -> Raw:
    """A result without what is ignored: the score is the highest map value that counts.

    Args:
        raw: of a picture that was cut out by the plan.
        plan: what of it counts.
        size: (height, width) of the picture.

    Raises:
        ConfigError: the picture was not cut so.
    """
    if raw.anomaly_map is None or not plan.masks:
        return raw
    height, width = raw.anomaly_map.shape
    mask = Area(None, plan.mask_of_cut(*size)).mask_at((height, width))
    return raw if mask is None else masked(raw, mask)
