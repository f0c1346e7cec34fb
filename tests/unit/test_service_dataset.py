"""A training set: presented films, pseudonymous patients, every file accounted for."""

import csv
import errno
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from model.films.manifest import read_manifest
from tests.factories.fakes import FakeReader, FakeScanner, instance_of
from tests.factories.films import make_film, make_patient, make_pixels
from workstation.adapters.export.png16 import write_png16
from workstation.core.display import presented
from workstation.core.errors import CancelledError, ErrorCode, WorkstationError
from workstation.core.image import PixelSpacing, SpacingSource
from workstation.core.jobs import CancelToken, JobContext
from workstation.services.dataset import DatasetExport, read_labels
from workstation.services.walking import walk


def table(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_by_film(tmp_path):
    path = table(tmp_path, "\ufefffilm,labels,note\n a.dcm , mass|nodule ,x\n1.2.3,,\n")
    assert read_labels(path) == {"a.dcm": "mass|nodule", "1.2.3": ""}


@pytest.mark.parametrize(
    "text",
    ["path,labels\na,b\n", "film\na\n", "", "film,labels\na,mass\na,no_finding\n"],
    ids=["no film column", "no labels column", "nothing", "a film twice"],
)
def test_a_table_that_cannot_be_used_is_refused_whole(tmp_path, text):
    with pytest.raises(WorkstationError) as caught:
        read_labels(table(tmp_path, text))
    assert caught.value.code is ErrorCode.LABELS_UNREADABLE


def test_a_table_that_is_no_text_or_not_there_is_refused(tmp_path):
    binary = tmp_path / "labels.csv"
    binary.write_bytes(b"film,labels\n\xff\xfe\n")
    for path in (binary, tmp_path / "none.csv", tmp_path):
        with pytest.raises(WorkstationError) as caught:
            read_labels(path)
        assert caught.value.code is ErrorCode.LABELS_UNREADABLE


class Folder:
    """Films of a made folder, and the export over it."""

    def __init__(self, root):
        self.root = root
        self.films = {}
        self.refused = {}

    def add(self, name, **changes):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        number = len(self.films) + 1
        pixels = make_pixels(seed=number)
        spacing = changes.pop("spacing", None)
        instance = instance_of(number, rows=64, columns=48, **changes)
        self.films[path] = make_film(pixels, instance=instance, spacing=spacing)
        return self.films[path]

    def export(self, *, salt=b"salt", write=write_png16, site="north"):
        instances = {path: film.instance for path, film in self.films.items()}
        return DatasetExport(
            scanner=FakeScanner(instances, refused=self.refused),
            reader=FakeReader(dict(self.films)),
            write_picture=write,
            salt=salt,
            site=site,
        )

    def run(self, labels, out, context=None, **options):
        return self.export(**options).run(
            walk([self.root]), labels, out, context or JobContext(), labels_folder=self.root
        )


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "films")


def rows_of(out):
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_file_is_in_the_set_or_has_a_reason(folder, tmp_path):
    folder.add("a.dcm")
    by_uid = folder.add("deep/b.dcm")
    folder.add("unlabelled.dcm")
    folder.add("lateral.dcm", view_position="LL")
    folder.add("hip.dcm", body_part="HIP")
    (folder.root / "notes.txt").write_text("x")
    labels = {
        "a.dcm": "mass",
        by_uid.instance.sop_uid: "no_finding",
        "lateral.dcm": "mass",
        "hip.dcm": "mass",
    }
    films, left_out = folder.run(labels, tmp_path / "out")
    assert films == 2
    assert Counter(reason.code for reason in left_out) == {
        ErrorCode.NO_LABEL: 1,
        ErrorCode.NOT_FRONTAL: 1,
        ErrorCode.NOT_CHEST: 1,
        ErrorCode.NOT_AN_IMAGE: 1,
    }
    assert films + len(left_out) == sum(1 for _ in walk([folder.root]))
    assert {row["labels"] for row in rows_of(tmp_path / "out")} == {"mass", "no_finding"}


def test_a_film_is_in_the_set_once_and_another_under_its_identifier_is_not(folder, tmp_path):
    first = folder.add("a.dcm")
    for name, content in (("b.dcm", b"a.dcm"), ("c.dcm", b"other")):
        folder.add(name)
        folder.films[folder.root / name] = first
        (folder.root / name).write_bytes(content)
    uid = first.instance.sop_uid
    films, left_out = folder.run({uid: "mass"}, tmp_path / "out")
    assert films == len(rows_of(tmp_path / "out")) == 1
    assert [r.code for r in left_out] == [ErrorCode.SAME_FILM, ErrorCode.DUPLICATE_UID]
    films, left_out = folder.run({"b.dcm": "mass"}, tmp_path / "named by the copy")
    assert films == 1
    assert [r.code for r in left_out] == [ErrorCode.NO_LABEL, ErrorCode.DUPLICATE_UID]


def test_the_pictures_are_the_presented_films_in_16_bits(folder, tmp_path):
    film = folder.add("a.dcm")
    folder.run({"a.dcm": "mass"}, tmp_path / "out")
    (row,) = rows_of(tmp_path / "out")
    with Image.open(tmp_path / "out" / row["path"]) as image:
        values = np.asarray(image)
    assert values.dtype == np.uint16
    assert np.abs(values / 65535 - presented(film)).max() <= 0.51 / 65535
    assert values.max() > 60000


def test_nothing_of_the_patient_is_in_the_set(folder, tmp_path):
    folder.add("WANG.dcm", accession_number="ACC-777", institution="Saint Elsewhere")
    out = tmp_path / "out"
    folder.run({"WANG.dcm": "mass"}, out)
    everything = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    everything += "".join(str(p.relative_to(out)) for p in out.rglob("*")).encode()
    for word in (
        "Wang",
        "WANG",
        "王小东",
        "P-0001",
        "ACC-777",
        "Elsewhere",
        "1960",
        "1.2.1",
        "2024",
    ):
        assert word.encode() not in everything


def test_one_patient_has_one_number_and_another_salt_another(folder, tmp_path):
    folder.add("a.dcm")
    folder.add("b.dcm")
    folder.add("c.dcm", patient=make_patient(patient_id="P-0002"))
    folder.add("d.dcm", patient=make_patient(patient_id="P-0001", issuer="other hospital"))
    labels = dict.fromkeys(("a.dcm", "b.dcm", "c.dcm", "d.dcm"), "mass")
    folder.run(labels, tmp_path / "one")
    a, b, c, d = (row["patient_id"] for row in rows_of(tmp_path / "one"))
    assert a == b
    assert len({a, c, d}) == 3
    folder.run(labels, tmp_path / "two", salt=b"other")
    assert rows_of(tmp_path / "two")[0]["patient_id"] != a


def test_training_reads_the_manifest(folder, tmp_path):
    spacing = PixelSpacing(row_mm=0.2, column_mm=0.1, source=SpacingSource.AT_DETECTOR)
    folder.add("a.dcm", spacing=spacing)
    folder.add("b.dcm")
    folder.run({"a.dcm": "mass|effusion", "b.dcm": ""}, tmp_path / "out")
    codes = ("mass", "effusion", "hernia", "any_abnormality")
    manifest = read_manifest(tmp_path / "out" / "manifest.csv", codes)
    assert manifest.problems.lines() == []
    first, second = manifest.rows
    assert first.labels == (1.0, 1.0, 0.0, 1.0)
    assert second.labels == (None, None, None, None)  # nobody looked: unknown, not absent
    assert first.pixel_aspect == pytest.approx(2.0)
    assert (first.site, first.view, first.sex, first.age) == ("north", "PA", "M", 64.0)


def test_no_labelled_film_leaves_nothing_behind(folder, tmp_path):
    folder.add("a.dcm")
    with pytest.raises(WorkstationError) as caught:
        folder.run({}, tmp_path / "out")
    assert caught.value.code is ErrorCode.NO_LABELLED_FILM
    assert not (tmp_path / "out").exists()


def test_a_full_disk_ends_the_work_at_once(folder, tmp_path):
    folder.add("a.dcm")
    folder.add("b.dcm")
    calls = []

    def full(path, _grey):
        calls.append(path)
        raise WorkstationError(ErrorCode.DISK_FULL, path=str(path)) from OSError(
            errno.ENOSPC, ""
        )

    with pytest.raises(WorkstationError) as caught:
        folder.run({"a.dcm": "mass", "b.dcm": "mass"}, tmp_path / "out", write=full)
    assert caught.value.code is ErrorCode.DISK_FULL
    assert len(calls) == 1


def test_stopping_writes_no_manifest(folder, tmp_path):
    folder.add("a.dcm")
    folder.add("b.dcm")
    token = CancelToken()

    def stop(progress):
        if progress.done == 2:
            token.cancel()

    with pytest.raises(CancelledError):
        folder.run(
            {"a.dcm": "mass", "b.dcm": "mass"},
            tmp_path / "out",
            JobContext(token=token, report=stop),
        )
    assert not (tmp_path / "out" / "manifest.csv").exists()
