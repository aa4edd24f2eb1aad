"""Models by name."""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

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
from train.wrong import wrong

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
        raise _complaint(kind, error.errors()[0]) from error
    return options


def textured() -> list[str]:
    """Names of the models that learn by foreign textures."""
    return [name for name, kind in KINDS.items() if "texture_dir" in kind.options.model_fields]


def _complaint(kind: Kind, error: ErrorDetails) -> UsageError:
    name = ".".join(str(part) for part in error["loc"])
    known = list(kind.options.model_fields)
    hint = f"{kind.name} has: {' '.join(known)}"
    if error["type"] == "extra_forbidden":
        close = get_close_matches(name, known, n=1)
        return UsageError(
            f"--option {name}: {kind.name} has no such option", hint=f"did you mean {close[0]}?" if close else hint
        )
    return UsageError(f"--option {name}: {wrong(error)}", hint=f"see 'edge-ad models kinds {kind.name}'")
