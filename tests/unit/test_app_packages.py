"""The reader's packages on disk: what is offered is what is kept, and keys are trusted from then on."""

from __future__ import annotations

import pytest
import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package import fingerprint
from model.runtime.package_writer import write_package
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import Settings
from workstation.app.backstage import open_backstage
from workstation.app.packages import ReadersPackages
from workstation.core.errors import ErrorCode, WorkstationError

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()


def make(path, *, key=None, version="1.0.0"):
    record = PackageMetadata(
        package_id="local",
        version=version,
        network=NetworkConfig(labels=1, width=4),
        input_size=64,
        preprocess_version=PREPROCESS_VERSION,
        labels=(LabelRecord(code="effusion", name="Pleural effusion"),),
    )
    torch.manual_seed(0)
    weights = build_network(record.network).state_dict()
    write_package(path, record, weights, "<p>card</p>", signing_key=key)
    return path


class Reader:
    """Packages below a folder, with settings that may change."""

    def __init__(self, folder):
        self.settings = Settings()
        self.packages = ReadersPackages(folder, lambda: self.settings)


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path / "installed")


def test_an_unsigned_package_needs_consent_and_is_listed_under_its_name(reader, tmp_path):
    offer = reader.packages.offer(make(tmp_path / "any.cxrmodel"))
    assert offer.needs_consent
    assert offer.signer is offer.fingerprint is None
    reader.packages.install(offer)
    built_in, local = reader.packages.entries()
    assert (built_in.name, built_in.info.trust) == ("", "built_in")
    assert (local.name, local.info.trust) == ("local-1.0.0", "unsigned")
    assert not local.info.calibrated


def test_a_key_is_shown_before_it_is_trusted_and_asks_no_more_after(reader, tmp_path):
    path = make(tmp_path / "signed.cxrmodel", key=KEY)
    offer = reader.packages.offer(path)
    assert offer.needs_consent
    assert (offer.signer, offer.fingerprint) == (PUBLIC.hex(), fingerprint(PUBLIC))
    reader.settings = Settings(trusted_keys=(offer.signer,))
    again = reader.packages.offer(path)
    assert not again.needs_consent
    assert again.info.trust == "signed"


def test_a_file_changed_after_it_was_shown_is_not_installed(reader, tmp_path):
    path = make(tmp_path / "any.cxrmodel")
    offer = reader.packages.offer(path)
    make(path, version="6.6.6")
    with pytest.raises(WorkstationError) as caught:
        reader.packages.install(offer)
    assert caught.value.code is ErrorCode.MODEL_DAMAGED
    assert not (tmp_path / "installed").exists()


def test_a_damaged_package_on_the_shelf_is_named_and_hides_no_other(reader, tmp_path):
    reader.packages.install(reader.packages.offer(make(tmp_path / "any.cxrmodel")))
    (tmp_path / "installed" / "broken-1.cxrmodel").write_bytes(b"nothing")
    _, broken, local = reader.packages.entries()
    assert broken.reason.code is ErrorCode.MODEL_DAMAGED
    assert local.info is not None


def test_the_chosen_package_runs_after_a_restart_and_none_in_the_place_of_a_lost_one(tmp_path):
    folders = Folders.below(tmp_path)
    installed = Reader(folders.models).packages
    installed.install(installed.offer(make(tmp_path / "any.cxrmodel")))
    chosen = Settings(model="local-1.0.0")
    for settings, model_id in ((Settings(), "cxr-findings"), (chosen, "local")):
        backstage = open_backstage(folders, settings)
        backstage.close()
        assert backstage.model.model_id == model_id
    (folders.models / "local-1.0.0.cxrmodel").unlink()
    backstage = open_backstage(folders, chosen)
    backstage.close()
    assert backstage.model is None
