"""Signatures of bundles (Ed25519): who vouches for a model.

``bottle.sig`` beside ``bottle.xml`` signs the digest that names the bundle. The .xml holds the digest of the .bin,
so both are covered, and neither file changes when it is signed.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from shlex import quote
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import SecurityError, SignatureError, UsageError
from edge.security.private_file import PUBLIC, SECRET, read_secret, read_trusted, write_new

_PEM = serialization.Encoding.PEM
_RAW = serialization.Encoding.Raw


class Signature(BaseModel):
    """The content of a ``.sig`` file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="digest that names the bundle")
    key: str = Field(pattern="^[0-9a-f]{16}$", description="which key signed, see ``key_id``")
    signature: str = Field(pattern="^[A-Za-z0-9+/]{86}==$", description="Ed25519 over ``signed_text``, base64")


def signature_path(model: Path) -> Path:
    """Where the signature of a bundle lies."""
    return model.with_suffix(".sig")


def signed_text(sha256: str) -> bytes:
    """The bytes that are signed; they begin with their purpose, so that no other signature can pass for one."""
    return f"edge-ad bundle sha256:{sha256}\n".encode("ascii")


def key_id(key: Ed25519PublicKey) -> str:
    """Names a public key: the first 16 digits of the sha256 of its 32 bytes."""
    raw = key.public_bytes(_RAW, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def public_path(key: Path) -> Path:
    """Where the public half of a signing key lies."""
    return key.with_suffix(".pub.pem")


def create_signing_key(path: Path) -> Path:
    """Makes a pair of keys: the private one at ``path`` with mode 0600, the public one beside it.

    Returns:
        The public one's path.

    Raises:
        UsageError: a file is there already.
        SecurityError: a file cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for place, content, mode in ((path, private, SECRET), (public_path(path), public, PUBLIC)):
        try:
            write_new(place, content.decode("ascii"), mode)
        except FileExistsError as error:
            raise UsageError(f"{place} is there already", hint="give another name") from error
    return public_path(path)


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Reads a private key (PEM, PKCS #8, without a password).

    Raises:
        SecurityError: it cannot be read, is no such key, or others can read it.
    """
    hint = "make one with: edge-ad sign --create-key line.pem"
    try:
        text = read_secret(path)
    except SecurityError as error:
        if _is_public(path):  # others may read it
            raise SecurityError(f"{path} is a public key", hint="sign with the private one beside it") from error
        raise
    try:
        key = serialization.load_pem_private_key(text.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SecurityError(f"{path} is no private key without a password", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SecurityError(f"{path} is not an Ed25519 key", hint=hint)
    return key


def _is_public(path: Path) -> bool:
    """Whether a file holds a public key; of a pipe nobody knows without emptying it."""
    try:
        return path.is_file() and bool(serialization.load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm):
        return False


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Reads a public key (PEM).

    Raises:
        SecurityError: it cannot be read, is no such key, or others can change it.
    """
    hint = "give the .pub.pem that lies beside the signing key"
    try:
        key = serialization.load_pem_public_key(read_trusted(path).encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SecurityError(f"{path} is no public key", hint=hint) from error
    if not isinstance(key, Ed25519PublicKey):
        raise SecurityError(f"{path} is not an Ed25519 key", hint=hint)
    return key


def write_signature(model: Path, sha256: str, key: Ed25519PrivateKey) -> Path:
    """Writes the signature of a bundle beside it, in place of an older one.

    Args:
        model: the .xml file.
        sha256: digest that names the bundle.
        key: of the signer.

    Raises:
        SignatureError: it cannot be written.
    """
    drawn = base64.b64encode(key.sign(signed_text(sha256))).decode("ascii")
    content = Signature(sha256=sha256, key=key_id(key.public_key()), signature=drawn)
    path = signature_path(model)
    try:
        write_whole(path, content.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise SignatureError(f"cannot write {path}: {error.strerror}", hint="check the folder's owner") from error
    return path


def read_signature(model: Path) -> Signature:
    """Reads the signature of a bundle.

    Raises:
        SignatureError: there is none, or it cannot be understood.
    """
    path = signature_path(model)
    again = f"sign it where it was exported: edge-ad sign --model {quote(model.name)} --key KEY"
    try:
        return Signature.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise SignatureError(f"{model} is not signed: there is no {path.name}", hint=again) from error
    except OSError as error:
        raise SignatureError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        raise SignatureError(f"{path} is no signature", hint=again) from error


def is_signed_by(key: Ed25519PublicKey, signature: Signature, sha256: str) -> bool:
    """Whether a key made this signature for the bundle of that digest."""
    try:
        key.verify(base64.b64decode(signature.signature), signed_text(sha256))
    except InvalidSignature:
        return False
    return True
