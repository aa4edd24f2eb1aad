"""Where a product is taught: its folder, its backbone, and where its models go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.config.station import StationConfig
from edge.errors import UsageError
from edge.inference.bundle import Admit
from edge.models.locate import store_of
from edge.models.names import Reference
from edge.models.signature import read_signing_key
from edge.models.store import ModelStore
from edge.models.trust import admission
from edge.output import writable_folder
from edge.teaching.backbone import BackboneBundle, load_backbone
from edge.teaching.folder import kept_backbone, product_folder
from edge.teaching.making import Deliver, Made, into_store, make, to_file
from edge.teaching.session import Session
from edge.teaching.step import Step

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Workplace:
    """One product at one station.

    Attributes:
        name: of the product.
        folder: of its session.
        store: the station's models.
        admit: whom the station trusts.
        device: that will judge.
        output: the .xml file that models are written to; None to install them.
        key: signs models; None for none.
        false_alarm_rate: to be promised; None for 5 %, or what the pictures can promise.
    """

    name: str
    folder: Path
    store: ModelStore
    admit: Admit
    device: str
    output: Path | None
    key: Ed25519PrivateKey | None
    false_alarm_rate: float | None

    @classmethod
    def of(
        cls, settings: StationConfig, name: str, *, output: Path | None, sign: Path | None, rate: float | None
    ) -> Self:
        """The workplace at a station.

        Raises:
            UsageError: that is no name of a product, or the output cannot be written.
            SecurityError: a key cannot be used.
        """
        if Reference.of(name).version:
            raise UsageError(f"{name!r} is no name of a product", hint="leave out the @ and what comes after it")
        if output is not None:
            if output.suffix != ".xml":
                raise UsageError(f"--output {output} is not an .xml file", hint="for example: --output bottle.xml")
            writable_folder(output.parent)
        store = store_of(settings)
        return cls(
            name=name,
            folder=product_folder(store.root.parent, name),
            store=store,
            admit=admission(settings.security),
            device=settings.device,
            output=output,
            key=read_signing_key(sign) if sign else None,
            false_alarm_rate=rate,
        )

    def backbone(self, given: Path | None) -> BackboneBundle:
        """The backbone that was given, else the one that the product was begun with.

        Raises:
            UsageError: there is neither.
            EdgeAdError: it is damaged, no backbone, or not admitted.
        """
        kept = kept_backbone(self.folder)
        if given is None and not kept.is_file():
            hint = "--backbone lite0-int8.xml, which 'edge-ad export-backbone' makes on the workstation"
            raise UsageError("no backbone was given", hint=hint)
        return load_backbone(given or kept, self.admit)

    def make(self, session: Session, backbone: BackboneBundle, step: Step) -> Made:
        """Teaches one step; see ``edge.teaching.making.make``."""
        return make(
            session,
            backbone,
            step,
            self._deliver(),
            name=self.name,
            false_alarm_rate=self.false_alarm_rate,
            device=self.device,
            key=self.key,
        )

    def _deliver(self) -> Deliver:
        return to_file(self.output) if self.output else into_store(self.store, self.name, self.admit)
