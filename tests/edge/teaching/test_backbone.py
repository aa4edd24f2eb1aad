from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.errors import BundleError, CardError, SignatureError
from edge.inference.bundle import load_bundle
from edge.models.signature import create_signing_key, read_public_key, read_signing_key, write_signature
from edge.models.trust import Trust
from edge.teaching.backbone import BackboneBundle, is_backbone, load_backbone, write_backbone
from tests.edge import tiny_models
from tests.edge.command_line import edge_ad, the_line
from tests.edge.teaching.conftest import toy_card, toy_graph


def test_a_backbone_is_read_back_as_it_was_written(backbone: BackboneBundle) -> None:
    again = load_backbone(backbone.path)
    assert again.card == backbone.card and again.sha256 == backbone.sha256
    assert (again.card.kind, again.card.size) == ("backbone", (64, 64))
    assert again.card.golden is not None and len(again.card.golden.values) == 5 * 2 * 2
    assert [output.get_any_name() for output in again.model.outputs] == ["coarse", "fine"]


def test_a_flipped_bit_in_either_file_is_refused(backbone: BackboneBundle, tmp_path: Path) -> None:
    for suffix in (".xml", ".bin"):
        copy = tmp_path / "copy.xml"
        for each in (".xml", ".bin"):
            shutil.copy(backbone.path.with_suffix(each), copy.with_suffix(each))
        content = bytearray(copy.with_suffix(suffix).read_bytes())
        content[len(content) * 2 // 3] ^= 1
        copy.with_suffix(suffix).write_bytes(content)
        with pytest.raises(BundleError, match=r"damaged|not valid|cut off"):
            load_backbone(copy)


def test_a_model_is_no_backbone_and_a_backbone_no_model(backbone: BackboneBundle, tmp_path: Path) -> None:
    model = tiny_models.grey(tmp_path / "grey.xml")
    assert (is_backbone(backbone.path), is_backbone(model)) == (True, False)
    with pytest.raises(CardError, match=r"grey.xml is not a backbone but a model") as caught:
        load_backbone(model)
    assert "export-backbone" in caught.value.hint
    with pytest.raises(CardError, match=r"toy.xml is a backbone, which knows no product yet") as caught:
        load_bundle(backbone.path)
    assert f"--backbone {backbone.path}" in caught.value.hint


def test_commands_tell_them_apart(backbone: BackboneBundle, tmp_path: Path) -> None:
    model = tiny_models.grey(tmp_path / "grey.xml")
    said = edge_ad("verify", "--model", backbone.path).stdout
    assert said == f"{backbone.path}: backbone toy fp16, whole, sha256 {backbone.sha256}\n"
    assert f"{model}: model grey 1, whole, sha256 " in edge_ad("verify", "--model", model).stdout
    refused = edge_ad("run", "--model", backbone.path, "--camera", tmp_path)
    assert "is a backbone, which knows no product yet; teach a product with it: edge-ad teach" in the_line(
        refused, 1
    )


def test_a_signature_vouches_for_a_backbone(backbone: BackboneBundle, tmp_path: Path) -> None:
    key = tmp_path / "line.pem"
    public = create_signing_key(key)
    trust = Trust({"line": read_public_key(public)})
    with pytest.raises(SignatureError, match="is not signed"):
        load_backbone(backbone.path, trust.admit)
    write_signature(backbone.path, backbone.sha256, read_signing_key(key))
    assert load_backbone(backbone.path, trust.admit).sha256 == backbone.sha256
    said = edge_ad("verify", "--model", backbone.path, "--public-key", public).stdout
    assert "signed by line.pub.pem" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": {"rank": 8, "pattern": 1}}, "has options that this version does not know"),
        ({"options": {"rank": 8, "fine_weight": 0}}, "are not those that its options ask for"),
        ({"options": {"rank": 8, "stride": 32}}, "are not those that its options ask for"),
    ],
)
def test_features_that_the_model_does_not_ask_for_are_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(CardError, match=message):
        write_backbone(toy_graph(), toy_card(**change), tmp_path / "toy.xml")
