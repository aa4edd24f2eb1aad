"""Key files: of a station, of a client, and of a client that a station admits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import zmq
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from edge.errors import SecurityError
from edge.security.private_file import read_secret
from edge.security.role import Role

CLIENT_NAME = "^[A-Za-z0-9_-]{1,64}$"
ClientName = Annotated[str, Field(pattern=CLIENT_NAME)]
PublicKey = Annotated[str, Field(pattern=r"^[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$")]
KeyFile = TypeVar("KeyFile", bound=BaseModel)


class _Pair(BaseModel):
    """A Curve25519 pair; both keys as 40 characters of Z85. The secret one is never shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    public: PublicKey
    secret: SecretStr

    @field_serializer("secret", when_used="json")
    def _write_secret(self, secret: SecretStr) -> str:
        return secret.get_secret_value()

    @property
    def secret_bytes(self) -> bytes:
        return self.secret.get_secret_value().encode()


class StationKeys(_Pair):
    """The pair by which clients know the station."""

    kind: Literal["station"] = "station"

    @classmethod
    def new(cls) -> Self:
        return cls.model_validate(_new_pair())


class ClientKeys(_Pair):
    """All that a client needs: its own pair, and the station's public key."""

    kind: Literal["client"] = "client"
    name: ClientName
    role: Role
    station_public: PublicKey

    @classmethod
    def new(cls, name: str, role: Role, station: StationKeys) -> Self:
        return cls.model_validate(_new_pair() | {"name": name, "role": role, "station_public": station.public})


class Client(BaseModel):
    """A client that a station admits."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    kind: Literal["admitted"] = "admitted"
    name: ClientName
    role: Role
    public: PublicKey
    created: AwareDatetime = Field(description="a label: nothing expires by it")


def read_client_keys(path: Path) -> ClientKeys:
    """Reads the key file that ``edge-ad keys create NAME`` wrote for a client.

    Raises:
        SecurityError: it cannot be read, is damaged, or can be read by others.
    """
    return parse(ClientKeys, path, read_secret(path))


def parse(kind: type[KeyFile], path: Path, text: str) -> KeyFile:
    """Understands the text of a key file.

    Raises:
        SecurityError: it is no key file of this kind, or its two keys are no pair.
    """
    try:
        keys = kind.model_validate_json(text)
        if isinstance(keys, _Pair) and zmq.curve_public(keys.secret_bytes) != keys.public.encode():
            raise SecurityError(f"{path} is damaged: its two keys are no pair", hint="make a new one")
    except (ValidationError, ValueError) as error:  # never quoted: it would show the secret
        what = kind.__name__.removesuffix("Keys").lower()
        raise SecurityError(
            f"{path} is no key file of a {what}", hint="give another, or make a new one"
        ) from error
    return keys


def _new_pair() -> dict[str, str]:
    public, secret = zmq.curve_keypair()
    return {"public": public.decode(), "secret": secret.decode()}
