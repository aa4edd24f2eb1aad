"""Whom a station trusts: which bundles it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import ConfigError, SecurityError, SignatureError
from edge.inference.bundle import Admit, whoever_made_it
from edge.models.signature import is_signed_by, read_public_key, read_signature, signature_path
from edge.security.options import SecurityOptions
from edge.security.private_file import require_own

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True)
class Trust:
    """The keys by which bundles may be signed.

    Attributes:
        keys: public keys by the names of their files.
        required: whether a bundle without a signature is refused; one with a wrong signature always is.
    """

    keys: Mapping[str, Ed25519PublicKey]
    required: bool = True

    def admit(self, model: Path, sha256: str) -> None:
        """See ``edge.inference.bundle.load_bundle``.

        Raises:
            SignatureError: the bundle is not signed by one of the keys.
        """
        if self.required or signature_path(model).exists():
            self.signer(model, sha256)

    def signer(self, model: Path, sha256: str) -> str:
        """The name of the key that signed a bundle.

        Args:
            model: the .xml file; the signature lies beside it.
            sha256: digest that names the bundle.

        Raises:
            SignatureError: none of the keys did.
        """
        signature = read_signature(model)
        if signature.sha256 != sha256:
            what = f"{signature_path(model)} is the signature of another model than {model}"
            raise SignatureError(what, hint="copy the .xml, .bin and .sig of one export again")
        for name, key in self.keys.items():
            if is_signed_by(key, signature, sha256):
                return name
        known = ", ".join(self.keys)
        raise SignatureError(f"{model} is signed by key {signature.key}, which is none of: {known}")


def trusted_keys(folder: Path) -> Mapping[str, Ed25519PublicKey]:
    """The public keys in a folder, ``*.pem``, by name.

    Raises:
        SecurityError: there is none, one cannot be read, or others can change them.
    """
    require_own(folder)
    found = {path.name: read_public_key(path) for path in sorted(folder.glob("*.pem"))}
    if not found:
        hint = "copy the .pub.pem of the signing key there; 'edge-ad sign --create-key' makes one"
        raise SecurityError(f"{folder} has no public key", hint=hint)
    return found


def admission(options: SecurityOptions) -> Admit:
    """What a station asks of a bundle; the keys are read anew, so that one that was taken away counts no more.

    Raises:
        ConfigError: signatures are required and no keys are named.
        SecurityError: the keys cannot be used.
    """
    if options.trusted_keys is None:
        if options.require_signed:
            hint = "name the folder of the public keys in security.trusted_keys"
            raise ConfigError("security.require_signed is set, and nobody is trusted", hint=hint)
        return whoever_made_it
    return Trust(trusted_keys(options.trusted_keys), options.require_signed).admit
