import base64
import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from model.evaluation.__main__ import main
from model.evaluation.bootstrap import resampled_films
from model.evaluation.localisation import located, summary
from model.evaluation.metrics import (
    auroc_delong,
    average_precision,
    brier,
    calibration_line,
    confusion,
    froc,
    midranks,
    perfect_ece,
    precision_recall_curve,
    reliability,
    roc_curve,
    sensitivity_at,
    wilson,
)
from model.evaluation.plots import label_plots
from model.evaluation.report.html import Markup, interval, percent
from model.evaluation.report.html import table as html_table
from model.evaluation.report.page import html_report
from model.evaluation.scores import evaluate, marks_per_100_normals, mean_auroc
from model.evaluation.tables import ScoreTable, age_band, read_score_csv
from model.films.manifest import Box
from model.films.table import ManifestError
from model.runtime.calibration import sigmoid


def cases(n: int = 300, seed: int = 0, ties: bool = True):
    generator = np.random.default_rng(seed)
    outcomes = (generator.random(n) < 0.3).astype(float)
    scores = sigmoid(generator.normal(outcomes * 1.2 - 1, 1.0))
    return (np.round(scores, 2) if ties else scores), outcomes


def test_areas_and_curves_equal_scikit_learns():
    s, y = cases()
    assert auroc_delong(s, y).value == pytest.approx(sk.roc_auc_score(y, s), abs=1e-12)
    assert average_precision(s, y) == pytest.approx(sk.average_precision_score(y, s), abs=1e-12)
    false, true = roc_curve(s, y)
    expected = sk.roc_curve(y, s, drop_intermediate=False)
    assert np.allclose(false, expected[0])
    assert np.allclose(true, expected[1])
    recall, precision = precision_recall_curve(s, y)
    theirs = sk.precision_recall_curve(y, s)
    assert np.allclose(recall[::-1], theirs[1][-len(recall) - 1 : -1])
    assert np.allclose(precision[::-1], theirs[0][-len(recall) - 1 : -1])
    assert brier(s, y) == pytest.approx(sk.brier_score_loss(y, s))


def test_confusion_equals_scikit_learns():
    s, y = cases()
    c = confusion(s, y, 0.4)
    tn, fp, fn, tp = sk.confusion_matrix(y, s >= 0.4).ravel()
    assert (c.true_negatives, c.false_positives) == (tn, fp)
    assert (c.false_negatives, c.true_positives) == (fn, tp)
    assert c.f1 == pytest.approx(sk.f1_score(y, s >= 0.4))
    assert c.accuracy.value == pytest.approx(sk.accuracy_score(y, s >= 0.4))


def test_delong_by_hand():
    # 3 positives, 2 negatives: psi sums by pairs are 2, 2, 1 of 2 and 3, 2 of 3.
    s, y = np.array([0.9, 0.8, 0.4, 0.5, 0.1]), np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    area = auroc_delong(s, y)
    assert area.value == pytest.approx(5 / 6)
    v10, v01 = np.array([1, 1, 0.5]), np.array([2 / 3, 1.0])
    error = np.sqrt(v10.var(ddof=1) / 3 + v01.var(ddof=1) / 2)
    assert area.low == pytest.approx(5 / 6 - 1.959964 * error, abs=1e-6)
    assert area.high == 1.0


def test_wilson_known_values():
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857, table I: 81/263 and 0/20.
    assert (wilson(81, 263).low, wilson(81, 263).high) == pytest.approx(
        (0.2553, 0.3662), abs=1e-4
    )
    assert (wilson(0, 20).low, wilson(0, 20).high) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert np.isnan(wilson(0, 0).value)


def test_midranks_share_ties():
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_calibration_line_finds_what_was_put_in():
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, 40_000)
    y = (generator.random(40_000) < sigmoid(0.5 * logits - 1)).astype(float)
    slope, intercept = calibration_line(sigmoid(logits), y)
    assert (slope, intercept) == pytest.approx((0.5, -1.0), abs=0.05)


def test_reliability_by_hand():
    p, y = np.array([0.1, 0.3, 0.7, 0.9]), np.array([0.0, 1.0, 1.0, 1.0])
    curve = reliability(p, y, bins=2)
    assert curve.predicted.tolist() == pytest.approx([0.2, 0.8])
    assert curve.observed.tolist() == [0.5, 1.0]
    assert curve.ece == pytest.approx(0.25)


def test_chance_alone_gives_a_perfect_model_an_ece_that_shrinks_with_the_films():
    p = np.random.default_rng(0).random(4000)
    small, large = perfect_ece(p[:300]), perfect_ece(p)
    assert 0.02 < small < 0.12
    assert large < small / 2


def test_froc_by_hand():
    # Lesion 0 is hit twice, lesion 1 never; two false marks on two films.
    marks = [(0, 0.9, True), (-1, 0.8, False), (0, 0.7, True), (-1, 0.6, False)]
    curve = froc(marks, lesions=2, films=2)
    assert curve == [(0.9, 0.0, 0.5), (0.8, 0.5, 0.5), (0.7, 0.5, 0.5), (0.6, 1.0, 0.5)]
    assert sensitivity_at(curve, 0.0) == 0.5
    assert sensitivity_at([], 1.0) == 0.0


def test_a_resample_holds_whole_patients():
    patients = ["a", "b", "a", "c", "b", "a"]
    for drawn in resampled_films(patients, resamples=20):
        counts = {p: sum(patients[k] == p for k in drawn) for p in set(patients)}
        assert counts["a"] % 3 == 0
        assert counts["b"] % 2 == 0


def box(x: float, y: float, w: float, h: float) -> Box:
    return Box(label="mass", x=x, y=y, width=w, height=h)


def test_pointing_and_overlap_by_hand():
    evidence = np.full((4, 4), -1.0, np.float32)
    evidence[1, 2] = 3.0
    # Cells of 10 film pixels: the centre of cell (column 2, row 1) is at (24.5, 14.5).
    to_film = np.array([[10.0, 0.0, 4.5], [0.0, 10.0, 4.5]])
    assert located(evidence, to_film, [box(20, 10, 10, 10)], marked=True).hit
    assert not located(evidence, to_film, [box(0, 0, 20, 40)], marked=True).hit
    everything = np.ones((4, 4), np.float32)
    half = located(everything, to_film, [box(0, 0, 20, 40)], marked=False)
    assert half.overlap == pytest.approx(0.5, abs=0.02)
    nothing = located(-everything, to_film, [box(0, 0, 20, 40)], marked=False)
    assert nothing.overlap == 0.0
    figures = summary([half, nothing])
    assert figures["all"]["boxed"] == 2
    assert figures["marked"]["boxed"] == 0


def table(n: int = 200) -> ScoreTable:
    s, y = cases(n)
    few = np.zeros(n)
    few[:9] = 1
    truth = np.column_stack([y, few, y])
    return ScoreTable(
        codes=("effusion", "hernia", "any_abnormality"),
        scores=np.column_stack([s, s, s]),
        truth=truth,
        patients=tuple(f"p{k // 2}" for k in range(n)),
        groups={"sex": np.array(["F", "M"] * (n // 2))},
        thresholds=({"default": 0.5}, {}, {"default": 0.4}),
    )


def test_a_label_with_under_ten_positives_is_insufficient():
    found = evaluate(table(), resamples=50)
    assert found["labels"]["hernia"]["insufficient"]
    assert "auroc" not in found["labels"]["hernia"]
    effusion = found["labels"]["effusion"]
    area = effusion["auroc"]
    assert area["low"] < area["value"] < area["high"]
    assert area["value"] == pytest.approx(effusion["auroc_delong"]["value"])
    assert effusion["operating_points"]["default"]["sensitivity"]["value"] > 0
    assert set(effusion["subgroups"]["sex"]) == {"F", "M"}


def test_the_mean_leaves_out_rare_findings_and_the_two_class_head():
    assert mean_auroc(table(), resamples=20)["findings"] == ["effusion"]


def test_the_mean_counts_what_is_not_offered_unless_told_otherwise():
    hidden = replace(table(), offered=(False, True, True))
    found = evaluate(hidden, resamples=20)
    assert found["mean_findings"]["findings"] == ["effusion"]
    assert found["mean_offered"]["insufficient"]
    assert "calibration" not in found["labels"]["effusion"]


def test_marks_on_normal_films_add_up_over_the_labels():
    t = table()
    normal = t.truth[:, 2] == 0
    expected = 100 * ((t.scores[normal, 0] >= 0.5).mean() + (t.scores[normal, 2] >= 0.4).mean())
    assert marks_per_100_normals(t) == pytest.approx(expected)


def test_age_bands():
    assert [age_band(a) for a in (None, 17.9, 18, 75)] == ["unknown", "0-17", "18-39", "75+"]


def write_csv(path, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def test_a_plain_table_becomes_json_and_one_page(tmp_path):
    s, y = cases(120)
    rows = [["path", "patient_id", "sex", "mass", "mass_score"]]
    rows += [[f"{k}.png", f"p{k}", "F", int(y[k]), s[k]] for k in range(120)]
    rows[3][3] = ""
    path = write_csv(tmp_path / "t.csv", rows)
    out = tmp_path / "report"
    assert main(["--csv", str(path), "--threshold", "0.5", "--out", str(out)]) == 0
    record = json.loads((out / "evaluation.json").read_text())
    mass = record["scores"]["labels"]["mass"]
    keep = np.arange(120) != 2
    assert mass["auroc"]["value"] == pytest.approx(sk.roc_auc_score(y[keep], s[keep]))
    assert mass["films"] == 119
    page = (out / "evaluation.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 2  # all labels, and this one
    assert "http" not in page
    assert "<td>Mass</td>" in page
    assert mass["subgroups"]["sex"]["F"]["sensitivity"]["value"] > 0


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([["path", "mass", "mass_score"], ["a", "1", "0.5"]], "patient_id"),
        ([["path", "patient_id", "mass"], ["a", "p", "1"]], "_score"),
        ([["path", "patient_id", "mass", "mass_score"]], "no film"),
        ([["path", "patient_id", "mass", "mass_score"], ["a", "p", "1", "high"]], "line 2"),
        ([["path", "patient_id", "mass", "mass_score"], ["a", "p", "2", "0.5"]], "line 2"),
        ([["path", "patient_id", "mass", "mass_score"], ["a", "", "1", "0.5"]], "line 2"),
    ],
)
def test_a_bad_table_is_named(tmp_path, rows, word):
    path = write_csv(tmp_path / "t.csv", rows)
    with pytest.raises(ManifestError, match=word):
        read_score_csv(path)
    assert main(["--csv", str(path), "--out", str(tmp_path / "r")]) == 2


def test_the_mean_of_the_offered_findings_is_shown_where_it_is_another_one():
    def page(scored: ScoreTable) -> str:
        scores = evaluate(scored, resamples=20)
        return html_report({"title": "t", "source": "s", "scores": scores}, scored)

    both = table()
    both = replace(both, truth=both.truth[:, [0, 0, 2]])
    plain = page(both)
    assert "mean AUROC, findings with 15 positives or more (2)" in plain
    assert "offered findings" not in plain
    assert "mean AUROC, offered findings with 15 positives or more (1)" in page(
        replace(both, offered=(True, False, True))
    )


def inches(data_uri: str) -> float:
    svg = base64.b64decode(data_uri.partition(",")[2]).decode()
    found = re.search(r'width="([\d.]+)pt"', svg)
    assert found
    return float(found[1]) / 72


def test_a_plot_has_a_panel_only_for_what_there_is_to_show():
    s, y = cases(200)
    scored = ScoreTable(
        codes=("mass",),
        scores=s[:, None],
        truth=y[:, None],
        patients=tuple(map(str, range(200))),
    )
    figures = evaluate(scored, resamples=50)["labels"]["mass"]
    at, low, high = np.array(figures["roc_band"]).T
    assert (low <= high).all()
    assert (at[0], at[-1], high[-1]) == (0, 1, 1)
    assert inches(label_plots(s, y, figures)) == pytest.approx(
        3 * 3.3
    )  # ROC, PR, reliability: no threshold, no matrix
    del figures["calibration"]
    assert inches(label_plots(s, y, figures)) == pytest.approx(2 * 3.3)


def test_figures_are_written_as_the_field_writes_them():
    assert interval({"value": 0.814, "low": 0.7, "high": 0.9}) == "0.81 [0.70–0.90]"
    assert interval({"value": float("nan"), "low": 0, "high": 0}) == "–"
    assert percent({"value": 0.006, "low": 0.002, "high": 0.019}) == "0.6 % [0.2–1.9]"
    assert percent({"value": 1.0, "low": 0.924, "high": 1.0}) == "100 % [92–100]"
    assert percent(None) == "–"
    assert html_table(("a", "b"), [["one cell"], ["<i>", Markup("<b>x</b>")]]) == (
        '<div class="scroll"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>'
        '<tr class="group"><td colspan="2">one cell</td></tr>'
        "<tr><td>&lt;i&gt;</td><td><b>x</b></td></tr></tbody></table></div>"
    )
    assert html_table(("a",), []) == ""
    with pytest.raises(ValueError, match="2 cells under 3"):
        html_table(("a", "b", "c"), [["1", "2"]])


def test_one_class_only_is_insufficient_and_no_crash(tmp_path):
    rows = [["path", "patient_id", "mass", "mass_score"]]
    rows += [[f"{k}", f"p{k}", "0", "0.5"] for k in range(30)]
    path = write_csv(tmp_path / "t.csv", rows)
    assert main(["--csv", str(path), "--out", str(tmp_path / "r")]) == 0
    record = json.loads((tmp_path / "r" / "evaluation.json").read_text())
    assert record["scores"]["labels"]["mass"]["insufficient"]
    assert record["scores"]["mean_findings"]["insufficient"]
