import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.films.cache import cached_films, read_presented
from model.films.leakage import (
    LeakageError,
    TrainedFilms,
    refuse_patient_leakage,
    refuse_pixel_leakage,
)
from model.films.manifest import Problems, read_manifest, split_of
from model.films.table import ManifestError, read_table
from model.runtime.labels import ALL_CODES
from model.training.adapters import adapt
from model.training.config import TrainConfig
from model.training.recipe import read_recipe
from model.training.splits import trainable_labels

CODES = ("effusion", "mass", "any_abnormality")


def image(path: Path, seed: int, shape=(64, 80)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def table(folder: Path, rows: list[dict], name: str = "m.csv") -> Path:
    path = folder / name
    columns = sorted({key for row in rows for key in row})
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def film(folder: Path, seed: int, **more) -> dict:
    name = f"{seed}.png"
    image(folder / name, seed)
    return {"path": name, "patient_id": f"p{seed}", "split": "train", **more}


def labels_of(tmp_path, **row) -> tuple:
    manifest = read_manifest(table(tmp_path, [film(tmp_path, 1, **row)]), CODES)
    return manifest.rows[0].labels


def test_a_list_of_findings_makes_the_others_negative(tmp_path):
    assert labels_of(tmp_path, labels="Effusion") == (1.0, 0.0, 1.0)
    assert labels_of(tmp_path, labels="No Finding") == (0.0, 0.0, 0.0)


def test_blank_is_unknown_and_a_column_overrides(tmp_path):
    assert labels_of(tmp_path, labels="") == (None, None, None)
    assert labels_of(tmp_path, labels="", mass="1", effusion="0") == (0.0, 1.0, None)
    assert labels_of(tmp_path, labels="effusion", mass="1") == (1.0, 1.0, 1.0)


def test_bad_rows_are_skipped_named_and_counted(tmp_path):
    rows = [
        film(tmp_path, 1, labels="effusion"),
        film(tmp_path, 2, labels="gargoyle"),
        film(tmp_path, 3, labels="mass", effusion="maybe"),
        {"path": "gone.png", "patient_id": "p9", "labels": "mass"},
        {"path": "", "patient_id": "p9"},
        film(tmp_path, 4) | {"patient_id": " "},
        film(tmp_path, 5) | {"split": "holdout"},
    ]
    manifest = read_manifest(table(tmp_path, rows), CODES)
    assert [row.path.name for row in manifest.rows] == ["1.png", "2.png", "3.png"]
    assert manifest.rows[1].labels == (None, None, None)
    counts = manifest.problems.counts
    assert counts == {
        "missing file": 2,
        "no patient_id": 1,
        "unknown split": 1,
        "unknown label": 1,
        "label value other than 0, 1 or blank": 1,
    }
    assert any("gone.png" in line for line in manifest.problems.lines())
    assert any("gargoyle" in line for line in manifest.problems.lines())


@pytest.mark.parametrize("text", ["", "path,other\na,b\n", "path,patient_id\n"])
def test_a_table_without_columns_or_rows_stops(tmp_path, text):
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError):
        read_manifest(path, CODES)
    with pytest.raises(ManifestError, match="no table at"):
        read_manifest(tmp_path / "none.csv", CODES)


def test_patients_on_both_sides_are_named(tmp_path):
    rows = [film(tmp_path, 1), film(tmp_path, 2) | {"split": "val", "patient_id": "p1"}]
    manifest = read_manifest(table(tmp_path, rows), CODES)
    with pytest.raises(LeakageError, match="p1") as caught:
        refuse_patient_leakage(manifest.rows)
    assert caught.value.offenders == ("p1",)


def test_equal_pixels_on_both_sides_are_named(tmp_path):
    rows = [film(tmp_path, 1), film(tmp_path, 2) | {"split": "val"}, film(tmp_path, 3)]
    image(tmp_path / "2.png", 1)
    manifest = read_manifest(table(tmp_path, rows), CODES)
    films = cached_films(manifest.rows, 64, tmp_path / "cache", Problems(), quiet=True)
    with pytest.raises(LeakageError) as caught:
        refuse_pixel_leakage(films.rows, films.hashes)
    assert caught.value.offenders == ("1.png", "2.png")


def test_equal_pixels_within_a_split_are_allowed(tmp_path):
    rows = [film(tmp_path, 1), film(tmp_path, 2)]
    image(tmp_path / "2.png", 1)
    manifest = read_manifest(table(tmp_path, rows), CODES)
    films = cached_films(manifest.rows, 64, tmp_path / "cache", Problems(), quiet=True)
    refuse_pixel_leakage(films.rows, films.hashes)


def test_labels_of_one_class_are_named_and_masked_and_empty_splits_stop(tmp_path):
    rows = [
        film(tmp_path, 1, labels="effusion"),
        film(tmp_path, 2, labels="no_finding"),
        film(tmp_path, 3, labels="no_finding") | {"split": "val"},
    ]
    manifest = read_manifest(table(tmp_path, rows), CODES)
    problems = Problems()
    assert trainable_labels(manifest.rows, CODES, problems) == (True, False, True)
    assert problems.lines() == ["label without a positive in train: 1 (mass)"]
    with pytest.raises(ManifestError, match="val split is empty"):
        trainable_labels(manifest.rows[:2], CODES, Problems())
    with pytest.raises(ManifestError, match="train split is empty"):
        trainable_labels(manifest.rows[2:], CODES, Problems())
    with pytest.raises(ManifestError, match="both classes"):
        trainable_labels((manifest.rows[0], manifest.rows[2]), CODES, Problems())


def test_unreadable_and_flat_images_are_named_and_left_out(tmp_path):
    rows = [film(tmp_path, n) for n in (1, 2, 3, 4)]
    (tmp_path / "2.png").write_bytes(b"not an image")
    truncated = (tmp_path / "3.png").read_bytes()[:900]
    (tmp_path / "3.png").write_bytes(truncated)
    Image.new("L", (64, 64), 90).save(tmp_path / "4.png")
    manifest = read_manifest(table(tmp_path, rows), CODES)
    for _ in range(2):  # the second time from the cache
        problems = Problems()
        films = cached_films(manifest.rows, 64, tmp_path / "cache", problems, quiet=True)
        assert [row.path.name for row in films.rows] == ["1.png"]
        assert problems.counts == {
            "unreadable image (damaged)": 2,
            "unreadable image (flat)": 1,
        }


def test_sixteen_bit_images_keep_their_depth(tmp_path):
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    Image.fromarray(pixels).save(tmp_path / "deep.png")
    assert read_presented(tmp_path / "deep.png") == pytest.approx(pixels / 65535, abs=1e-7)


def test_a_split_depends_on_the_patient_alone_and_has_the_right_shares():
    splits = [split_of(f"patient {n}") for n in range(2000)]
    assert splits == [split_of(f"patient {n}") for n in range(2000)]
    assert splits.count("train") / 2000 == pytest.approx(0.8, abs=0.04)
    assert splits.count("val") / 2000 == pytest.approx(0.1, abs=0.03)


def test_boxes_are_read_by_path_and_label(tmp_path):
    path = table(tmp_path, [film(tmp_path, 1, labels="mass")])
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("path,label,x,y,w,h\n1.png,Mass,10,20,5,6\n1.png,Dragon,1,1,1,1\n")
    manifest = read_manifest(path, CODES, boxes=boxes)
    (box,) = manifest.rows[0].boxes
    assert (box.label, box.x, box.y, box.width, box.height) == ("mass", 10, 20, 5, 6)
    assert manifest.problems.counts["box of an unknown label"] == 1


def test_the_recipe_refuses_what_it_does_not_know(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("seed = 3\nstages = [{size = 64, epochs = 2}, {size = 96, epochs = 1}]\n")
    config = read_recipe(TrainConfig, path, {"width": 8, "batch_size": None})
    assert (config.seed, config.width, config.epochs) == (3, 8, 3)
    assert [config.stage_at(e).size for e in range(3)] == [64, 64, 96]
    path.write_text("sed = 3\n")
    with pytest.raises(ManifestError, match="sed"):
        read_recipe(TrainConfig, path)
    with pytest.raises(ManifestError, match="stages"):
        TrainConfig(stages=())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages = [{size = 64}]", "stages.epochs: is missing"),
        ("stages = [{size = '64', epochs = 1}]", "stages.size: '64' is no whole number"),
        ("stages = [{size = 64, epochs = 1, zoom = 2}]", "stages: unknown keys zoom"),
        ("stages = [{size = 65, epochs = 1}]", "multiples of 32"),
        ("stages = [64]", "stages"),
        ("stages = 64", "stages: 64 is no list"),
        ("width = 1e3", "width: 1000.0 is no whole number"),
        ("width = true", "width: True is no whole number"),
        ("sites = 'nih'", "sites: 'nih' is no table"),
        ("sites = { nih = 'all' }", "sites: 'all' is no number"),
        ("learning_rate = -1.0", "learning_rate is -1"),
        ("learning_rate = nan", "learning_rate: nan is no number"),
        ("dropout = 1.0", "dropout is 1, but has to be 0 to 0.99"),
        ("precision = 'half'", "precision"),
        ("width = = 3", "no TOML"),
    ],
)
def test_a_bad_recipe_is_told_with_its_file_and_key(tmp_path, text, words):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ManifestError) as caught:
        read_recipe(TrainConfig, path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_recipe_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ManifestError, match="no recipe at"):
        read_recipe(TrainConfig, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,label,x,y,w\n1.png,Mass,1,2,3\n", "lacks the columns h"),
        ("path,label,x,y,w,h\n1.png,Mass,1,,3,4\n", "line 2: y is ''"),
        ("path,label,x,y,w,h\n1.png,Mass,1,2,3,wide\n", "line 2: h is 'wide'"),
        ("path,label,x,y,w,h\n1.png,Mass,1,2,0,4\n", "line 2: w and h"),
        ("path,label,x,y,w,h\n1.png,Mass,1,2,inf,4\n", "line 2: w is 'inf'"),
    ],
)
def test_a_bad_box_stops_with_its_line(tmp_path, text, words):
    path = table(tmp_path, [film(tmp_path, 1, labels="mass")])
    boxes = tmp_path / "boxes.csv"
    boxes.write_text(text)
    with pytest.raises(ManifestError) as caught:
        read_manifest(path, CODES, boxes=boxes)
    assert words in str(caught.value)
    assert "boxes.csv" in str(caught.value)


def test_a_box_of_a_film_that_is_not_in_the_table_is_named(tmp_path):
    path = table(tmp_path, [film(tmp_path, 1, labels="mass")])
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("path,label,x,y,w,h\n./1.png,mass,1,2,3,4\n")
    lines = read_manifest(path, CODES, boxes=boxes).problems.lines()
    assert lines == ["box of a film that is not in the table: 1 (./1.png)"]


def test_a_table_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes("path,patient_id\nbild.png,Müller\n".encode("latin-1"))
    with pytest.raises(ManifestError, match="not UTF-8"):
        read_manifest(path, CODES)
    with pytest.raises(ManifestError, match="is a folder"):
        read_manifest(tmp_path, CODES)
    path.write_text("path;patient_id\n1.png;p\n")
    with pytest.raises(ManifestError, match="are: path;patient_id"):
        read_manifest(path, CODES)


def test_short_rows_and_impossible_numbers_are_no_crash(tmp_path):
    path = tmp_path / "m.csv"
    image(tmp_path / "1.png", 1)
    image(tmp_path / "2.png", 2)
    path.write_text("path,patient_id,age,pixel_aspect,labels\n1.png,p\n2.png,q,-3,nan,mass\n")
    manifest = read_manifest(path, CODES)
    assert [row.age for row in manifest.rows] == [None, None]
    assert [row.pixel_aspect for row in manifest.rows] == [1.0, 1.0]
    assert any("pixel_aspect" in line for line in manifest.problems.lines())


def test_films_that_trained_a_network_are_known_again_under_another_name_and_patient(tmp_path):
    rows = [film(tmp_path, n) for n in (1, 2, 3)]
    image(tmp_path / "3.png", 1)
    manifest = read_manifest(table(tmp_path, rows), CODES)
    films = cached_films(manifest.rows, 64, tmp_path / "cache", Problems(), quiet=True)
    trained = TrainedFilms.of(films.rows[:1], films.hashes[:1])
    trained.refuse(films.rows[1:2], films.hashes[1:2])
    with pytest.raises(LeakageError) as caught:
        trained.refuse(films.rows[1:], films.hashes[1:])
    assert (caught.value.kind, caught.value.offenders) == ("pixels", ("3.png",))
    with pytest.raises(LeakageError) as caught:
        trained.refuse(films.rows[:1], ["another film of the same patient"])
    assert (caught.value.kind, caught.value.offenders) == ("patient", ("p1",))
    assert TrainedFilms.from_json(trained.as_json()) == trained
    assert b"p1" not in trained.as_member()


def test_adapting_a_collection_says_nothing_the_source_does_not(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    base = {
        "patient_id": "x",
        "view": "PA",
        "sex": "F",
        "age": "40",
        "split": "train",
        "width": "512",
        "height": "512",
        "original_width": "2048",
        "original_height": "2560",
    }
    rows = [
        base | {"file": "a.png", "site": "nih", "labels": "Mass|Effusion"},
        base | {"file": "b.png", "site": "nih", "labels": "No Finding"},
        base | {"file": "c.png", "site": "elsewhere", "labels": "PNEUMONIA"},
    ]
    for number, row in enumerate(rows):
        image(source / row["file"], number)
    out = tmp_path / "out" / "m.csv"
    assert adapt(table(source, rows), out) == 3
    manifest = read_manifest(out, ALL_CODES)
    known = [dict(zip(ALL_CODES, row.labels, strict=True)) for row in manifest.rows]
    assert [c for c in ALL_CODES if known[0][c] == 1] == ["effusion", "mass", "any_abnormality"]
    assert set(known[1].values()) == {0.0}
    assert {c for c, v in known[2].items() if v is not None} == {"pneumonia", "any_abnormality"}
    assert manifest.rows[0].pixel_aspect == pytest.approx(1.25)


def test_columns_without_a_name_as_spreadsheets_leave_them_are_passed_over(tmp_path):
    (tmp_path / "t.csv").write_text("path,patient_id,,\na.png,p,,\n")
    assert read_table(tmp_path / "t.csv")[0]["patient_id"] == "p"
