"""``edge-ad export --sign``: what leaves the workstation says who made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.models.signature import create_signing_key
from export.commands.export import Format, export
from tests.edge.command_line import edge_ad, the_line


def test_an_export_is_signed_and_a_key_that_cannot_be_used_is_refused_before_the_work(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    key = tmp_path / "line.pem"
    public = create_signing_key(key)
    output = tmp_path / "plate.xml"
    asked = ("export", "--checkpoint", tiny_checkpoint, "--output", output, "--precision", "fp32", "--sign", key)
    key.chmod(0o644)
    assert "can be read by others" in the_line(edge_ad(*asked), 1)
    assert not output.exists()
    key.chmod(0o600)
    assert edge_ad(*asked).returncode == 0
    verified = edge_ad("verify", "--model", output, "--public-key", public)
    assert verified.stdout.endswith("signed by line.pub.pem\n"), verified.stderr


def test_an_onnx_file_cannot_be_signed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an ONNX file carries no signature; leave out --sign"):
        export(
            tmp_path / "c.safetensors", tmp_path / "m.onnx", model_format=Format.ONNX, sign=tmp_path / "line.pem"
        )
