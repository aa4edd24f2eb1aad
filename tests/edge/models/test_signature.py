"""Who vouches for a model: real keys, real files, and OpenSSL's own opinion."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.errors import ConfigError, SecurityError, SignatureError, UsageError
from edge.inference.bundle import load_bundle
from edge.models.signature import (
    create_signing_key,
    public_path,
    read_public_key,
    read_signature,
    read_signing_key,
    signature_path,
    signed_text,
    write_signature,
)
from edge.models.trust import Trust, admission, trusted_keys
from edge.security.options import SecurityOptions
from tests.edge.models.conftest import MakeBundle

OPENSSL = shutil.which("openssl") or "openssl"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    create_signing_key(tmp_path / "line.pem")
    return tmp_path / "line.pem"


@pytest.fixture
def signed(make_bundle: MakeBundle, key: Path) -> Path:
    model = make_bundle()
    write_signature(model, load_bundle(model).sha256, read_signing_key(key))
    return model


@pytest.fixture
def trusted(key: Path, tmp_path: Path) -> Path:
    (tmp_path / "trusted").mkdir()
    shutil.copy(public_path(key), tmp_path / "trusted")
    return tmp_path / "trusted"


def required(trusted: Path) -> SecurityOptions:
    return SecurityOptions(require_signed=True, trusted_keys=trusted)


def test_a_signed_bundle_is_admitted_and_its_signer_named(signed: Path, trusted: Path) -> None:
    bundle = load_bundle(signed, admission(required(trusted)))
    assert Trust(trusted_keys(trusted)).signer(signed, bundle.sha256) == "line.pub.pem"


def test_openssl_agrees(signed: Path, key: Path, tmp_path: Path) -> None:
    signature = read_signature(signed)
    (tmp_path / "text").write_bytes(signed_text(load_bundle(signed).sha256))
    (tmp_path / "raw").write_bytes(base64.b64decode(signature.signature))
    command = [OPENSSL, "pkeyutl", "-verify", "-pubin", "-inkey", public_path(key), "-rawin"]
    done = subprocess.run(
        [*command, "-in", tmp_path / "text", "-sigfile", tmp_path / "raw"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_bundle_that_is_not_signed_is_refused_before_openvino_sees_it(
    make_bundle: MakeBundle, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_bundle()
    monkeypatch.setattr("edge.inference.bundle.ov.Core", None)
    with pytest.raises(SignatureError, match=r"grey.xml is not signed: there is no grey.sig; sign it where"):
        load_bundle(model, admission(required(trusted)))


def test_without_the_duty_one_without_a_signature_is_admitted_and_one_with_a_wrong_one_is_not(
    make_bundle: MakeBundle, signed: Path, trusted: Path
) -> None:
    other = make_bundle("2")
    admit = admission(SecurityOptions(trusted_keys=trusted))
    load_bundle(other, admit)
    shutil.copy(signature_path(signed), signature_path(other))
    with pytest.raises(SignatureError, match="is the signature of another model"):
        load_bundle(other, admit)
    load_bundle(other)  # nobody is trusted, nothing is asked


def test_a_signature_that_says_another_digest_but_signs_this_one_does_not_pass(
    signed: Path, trusted: Path
) -> None:
    path = signature_path(signed)
    sha256 = load_bundle(signed).sha256
    path.write_text(path.read_text().replace(sha256, "0" * 64))
    with pytest.raises(SignatureError, match="another model"):
        load_bundle(signed, admission(required(trusted)))


def test_a_digest_that_was_swapped_under_an_old_signature_does_not_pass(
    make_bundle: MakeBundle, signed: Path, trusted: Path
) -> None:
    other = make_bundle("2")
    before, after = load_bundle(signed).sha256, load_bundle(other).sha256
    signature_path(other).write_text(signature_path(signed).read_text().replace(before, after))
    with pytest.raises(SignatureError, match=r"is signed by key [0-9a-f]{16}, which is none of: line.pub.pem"):
        load_bundle(other, admission(required(trusted)))


def test_a_key_that_was_taken_away_counts_no_more(signed: Path, trusted: Path, tmp_path: Path) -> None:
    create_signing_key(tmp_path / "other.pem")
    shutil.copy(tmp_path / "other.pub.pem", trusted)
    load_bundle(signed, admission(required(trusted)))
    (trusted / "line.pub.pem").unlink()
    with pytest.raises(SignatureError, match="which is none of: other.pub.pem"):
        load_bundle(signed, admission(required(trusted)))
    (trusted / "other.pub.pem").unlink()
    with pytest.raises(SecurityError, match="has no public key"):
        admission(required(trusted))


def test_the_duty_without_anybody_trusted_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigError, match="nobody is trusted; name the folder"):
        admission(SecurityOptions(require_signed=True))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b'{"schema":1,"sha256":"","key":"","signature":""}'])
def test_a_file_that_is_no_signature_is_one_line(signed: Path, trusted: Path, content: bytes) -> None:
    signature_path(signed).write_bytes(content)
    with pytest.raises(SignatureError, match="grey.sig is no signature; sign it"):
        load_bundle(signed, admission(required(trusted)))


def test_a_signing_key_that_others_can_read_is_refused(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(SecurityError, match="can be read by others"):
        read_signing_key(key)


def test_a_public_key_in_place_of_the_private_one_is_not_to_be_hidden_but_exchanged(key: Path) -> None:
    with pytest.raises(SecurityError, match="line.pub.pem is a public key; sign with the private one"):
        read_signing_key(public_path(key))


def test_a_folder_of_trusted_keys_that_others_can_write_to_is_refused(signed: Path, trusted: Path) -> None:
    trusted.chmod(0o777)
    with pytest.raises(SecurityError, match="can be changed by others"):
        load_bundle(signed, admission(required(trusted)))


def test_what_is_no_key_is_one_line_and_no_key_is_overwritten(key: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line.pem is there already"):
        create_signing_key(key)
    with pytest.raises(SecurityError, match="is no public key"):
        read_public_key(key)
    key.write_text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n")
    with pytest.raises(SecurityError, match="is no private key"):
        read_signing_key(key)
    rsa = tmp_path / "rsa.pem"
    subprocess.run([OPENSSL, "genrsa", "-out", rsa, "2048"], capture_output=True, check=True)
    rsa.chmod(0o600)
    with pytest.raises(SecurityError, match="is not an Ed25519 key"):
        read_signing_key(rsa)
