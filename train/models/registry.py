"""Models by name."""

from __future__ import annotations

from pydantic import BaseModel, ValidationError

from edge.errors import UsageError
from train.models import (
    cae,
    dagmm,
    dfkde,
    inception_cae,
    lake,
    padim,
    patchcore,
    residual_ae,
    sdc_ccm,
    shallow,
    stfpm,
    vae,
)
from train.models.kind import Kind

_ALL = (
    padim.KIND,
    patchcore.KIND,
    dfkde.KIND,
    stfpm.KIND,
    shallow.KIND,
    cae.KIND,
    vae.KIND,
    residual_ae.KIND,
    inception_cae.KIND,
    sdc_ccm.KIND,
    lake.KIND,
    *dagmm.KINDS,
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
DEFAULT = padim.KIND.name


def find_kind(name: str) -> Kind:
    """Looks a model up.

    Raises:
        UsageError: there is no model of that name.
    """
    if name not in KINDS:
        raise UsageError(f"unknown model {name!r}", hint=f"here are: {' '.join(KINDS)}; see 'edge-ad models'")
    return KINDS[name]


def options_of(kind: Kind, given: dict[str, object]) -> BaseModel:
    """Checks a model's options.

    Raises:
        UsageError: an option that the model does not have, or a value out of its bounds.
    """
    try:
        options: BaseModel = kind.options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        known = " ".join(kind.options.model_fields)
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"--option {name}: {first['msg']}", hint=f"{kind.name} has: {known}") from error
    return options
