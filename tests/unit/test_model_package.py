import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from safetensors.torch import save

from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.builtin import built_in_package
from model.runtime.calibration import Calibration, Method, OperatingPoints
from model.runtime.errors import ModelError
from model.runtime.metadata import GoldenVector, LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package import (
    METADATA,
    SIGNATURE,
    SUMS,
    WEIGHTS,
    Fault,
    PackageError,
    Trust,
    fingerprint,
    open_package,
    sums_text,
)
from model.runtime.package_writer import repack, write_package
from model.runtime.predict import Predictor, golden_input

SIZE = 64


def metadata(**changes) -> PackageMetadata:
    labels = (
        LabelRecord(
            code="effusion",
            name="Pleural effusion",
            thresholds=OperatingPoints(youden=0.4, sens90=0.2, sens95=0.1),
            threshold=0.5,
            calibration=Calibration(method=Method.PLATT, slope=0.7, intercept=-0.2),
        ),
        LabelRecord(code="hernia", name="Hernia", trained=False),
    )
    record = PackageMetadata(
        package_id="test-package",
        version="0.0.1",
        network=NetworkConfig(labels=2, width=4, trunks=2),
        input_size=SIZE,
        preprocess_version=PREPROCESS_VERSION,
        labels=labels,
        calibration_id="test-val",
    )
    return replace(record, **changes)


def make(path, record=None, key=None):
    record = record or metadata()
    torch.manual_seed(1)
    network = build_network(record.network)
    write_package(path, record, network.state_dict(), "<p>card 说明</p>", signing_key=key)
    return path


@pytest.fixture
def package_path(tmp_path):
    return make(tmp_path / "test-package-0.0.1.cxrmodel")


def raw_members(path):
    with zipfile.ZipFile(path) as archive:
        return {i.filename: archive.read(i) for i in archive.infolist()}


def rewrite(path, members, *, sums=True, compression=zipfile.ZIP_STORED):
    if sums:
        members = members | {SUMS: sums_text(members)}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def refused(path) -> Fault:
    with pytest.raises(PackageError) as caught:
        open_package(path)
    return caught.value.fault


def test_round_trip_keeps_the_record_and_reproducible_bytes(package_path, tmp_path):
    package = open_package(package_path)
    assert package.metadata == metadata()
    assert package.trusted is Trust.UNSIGNED
    assert "说明" in package.card_html
    assert make(tmp_path / "again.cxrmodel").read_bytes() == package_path.read_bytes()


def test_trust_by_hash_and_by_signature(package_path, tmp_path):
    digest = open_package(package_path).sha256
    assert open_package(package_path, trusted_sha256=[digest]).trusted is Trust.BUILT_IN
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    signed = make(tmp_path / "signed.cxrmodel", key=key)
    unknown = open_package(signed)
    assert unknown.trusted is Trust.UNSIGNED
    assert unknown.signer == fingerprint(public)
    assert open_package(signed, public_keys=[public]).trusted is Trust.SIGNED


def test_a_forged_signature_is_refused_even_from_an_unknown_key(tmp_path):
    path = make(tmp_path / "signed.cxrmodel", key=Ed25519PrivateKey.generate())
    members = raw_members(path)
    record = json.loads(members[SIGNATURE])
    record["key"] = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    members[SIGNATURE] = json.dumps(record).encode()
    assert refused(rewrite(path, members)) is Fault.DAMAGED


def test_missing_file(tmp_path):
    assert refused(tmp_path / "none.cxrmodel") is Fault.NOT_FOUND


def test_any_flipped_byte_of_a_member_is_seen(package_path):
    data = bytearray(package_path.read_bytes())
    place = data.find(b"test-package", 100)
    data[place] ^= 1
    package_path.write_bytes(bytes(data))
    assert refused(package_path) is Fault.DAMAGED


@pytest.mark.parametrize("cut", [0, 10, 500, -30])
def test_truncated_file(package_path, cut):
    package_path.write_bytes(package_path.read_bytes()[:cut])
    assert refused(package_path) is Fault.DAMAGED


def test_foreign_members_compression_and_gaps_are_refused(package_path):
    members = raw_members(package_path)
    members.pop(SUMS)
    for name in ("../evil", "/etc/passwd", "code.py", "weights.pkl"):
        assert refused(rewrite(package_path, members | {name: b"x"})) is Fault.DAMAGED
    compressed = rewrite(package_path, members, compression=zipfile.ZIP_DEFLATED)
    assert refused(compressed) is Fault.DAMAGED
    without = {k: v for k, v in members.items() if k != WEIGHTS}
    assert refused(rewrite(package_path, without)) is Fault.DAMAGED
    stale = members | {"quality.npz": b"not in the sums", SUMS: sums_text(members)}
    assert refused(rewrite(package_path, stale, sums=False)) is Fault.DAMAGED


def test_a_member_twice_is_refused(package_path):
    members = raw_members(package_path)
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(package_path, "a") as archive,
    ):
        archive.writestr(METADATA, members[METADATA])
    assert refused(package_path) is Fault.DAMAGED


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"preprocess_version": "other"},
        {"network": {"architecture": "os.system", "labels": 2}},
        {"network": {"architecture": "thin-resnet18", "labels": 2, "width": 10**9}},
        {"labels": []},
        {"input_size": 10**7},
        {"golden": [{"seed": 1, "logits": [1.0]}]},
        {"version": 3},
        {"version": ""},
        {"package_id": "../outside"},
        {"package_id": "a/b"},
        {"package_id": "C:\\a"},
        {"package_id": ".hidden"},
        {"version": "1\n"},
        {"version": "1" * 101},
    ],
)
def test_metadata_out_of_bounds_is_incompatible(package_path, change):
    members = raw_members(package_path)
    members.pop(SUMS)
    record = json.loads(members[METADATA]) | change
    members[METADATA] = json.dumps(record).encode()
    assert refused(rewrite(package_path, members)) is Fault.INCOMPATIBLE


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'{"a":' * 50_000, b"\xff\xfe"])
def test_metadata_that_is_no_record(package_path, data):
    members = raw_members(package_path)
    members.pop(SUMS)
    assert refused(rewrite(package_path, members | {METADATA: data})) is Fault.INCOMPATIBLE


def test_weights_of_another_network_or_not_finite_are_refused(package_path):
    other = build_network(NetworkConfig(labels=2, width=8)).state_dict()
    repack(open_package(package_path), package_path, {WEIGHTS: save(dict(other))})
    with pytest.raises(PackageError) as caught:
        Predictor(open_package(package_path))
    assert caught.value.fault is Fault.INCOMPATIBLE
    state = build_network(metadata().network).state_dict()
    state["head.bias"][0] = float("nan")
    repack(open_package(package_path), package_path, {WEIGHTS: save(dict(state))})
    with pytest.raises(PackageError) as caught:
        Predictor(open_package(package_path))
    assert caught.value.fault is Fault.DAMAGED
    repack(open_package(package_path), package_path, {WEIGHTS: b"\x00" * 64})
    with pytest.raises(PackageError):
        Predictor(open_package(package_path))


def test_optional_members_survive_and_foreign_ones_are_not_written(package_path):
    stream = io.BytesIO()
    np.savez(stream, mean=np.arange(3))
    repack(open_package(package_path), package_path, {"quality.npz": stream.getvalue()})
    assert open_package(package_path).members["quality.npz"] == stream.getvalue()
    with pytest.raises(ModelError, match="does not belong"):
        repack(open_package(package_path), package_path, {"extra.py": b""})


def test_golden_vectors_notice_another_network(package_path, tmp_path):
    predictor = Predictor(open_package(package_path))
    logits = predictor.predict(golden_input(1, SIZE)).logits
    right = GoldenVector(seed=1, logits=tuple(map(float, logits)))
    Predictor(
        open_package(make(tmp_path / "right.cxrmodel", metadata(golden=(right,))))
    ).check_golden()
    wrong = replace(right, logits=(right.logits[0] + 0.01, right.logits[1]))
    path = make(tmp_path / "wrong.cxrmodel", metadata(golden=(wrong,)))
    with pytest.raises(PackageError):
        Predictor(open_package(path)).check_golden()


def test_the_shipped_package_is_the_pinned_one_and_answers_its_golden_vectors():
    package = open_package(built_in_package())
    assert package.trusted is Trust.BUILT_IN
    assert built_in_package().stat().st_size < 25_000_000
    assert len(package.golden) >= 1
    Predictor(package).check_golden()
    for label in package.labels:
        assert (label.threshold is not None) == label.trained
        assert label.snomed is None or label.snomed.isdigit()
    for word in ("Model card", "模型说明卡"):
        assert word in package.card_html
