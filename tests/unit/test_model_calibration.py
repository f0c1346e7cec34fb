import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from model.runtime.calibration import (
    Calibration,
    CalibrationError,
    Method,
    auroc,
    fit,
    operating_points,
    sigmoid,
)


def cases(n: int = 4000, slope: float = 0.5, intercept: float = -1.0, seed: int = 0):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, n)
    outcomes = (generator.random(n) < sigmoid(slope * logits + intercept)).astype(float)
    return logits, outcomes


def test_platt_agrees_with_an_unregularised_logistic_regression():
    logits, outcomes = cases()
    ours = fit(logits, outcomes)
    reference = LogisticRegression(C=1e9).fit(logits[:, None], outcomes)
    assert ours.slope == pytest.approx(reference.coef_[0, 0], abs=0.01)
    assert ours.intercept == pytest.approx(reference.intercept_[0], abs=0.01)


def test_temperature_has_no_intercept_and_leaves_the_half_where_it_is():
    logits, outcomes = cases(intercept=0.0)
    ours = fit(logits, outcomes, Method.TEMPERATURE)
    assert ours.intercept == 0
    assert ours.slope == pytest.approx(0.5, abs=0.05)
    assert ours.apply(np.zeros(1)) == pytest.approx(0.5)


def test_isotonic_agrees_with_scikit_learn():
    logits, outcomes = cases(300)
    ours = fit(logits, outcomes, Method.ISOTONIC)
    reference = IsotonicRegression(out_of_bounds="clip").fit(logits, outcomes)
    grid = np.linspace(-7, 7, 101)
    assert ours.apply(grid) == pytest.approx(reference.predict(grid), abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=60).filter(
        lambda v: len({y for _, y in v}) == 2
    )
)
@settings(max_examples=60, deadline=None)
def test_auroc_agrees_with_scikit_learn_with_ties(pairs):
    scores, outcomes = np.array(pairs, dtype=float).T
    assert auroc(scores, outcomes) == pytest.approx(roc_auc_score(outcomes, scores))


def test_auroc_leaves_unknown_out_and_says_so_when_there_is_nothing():
    assert auroc(np.array([1.0, 2.0, 0.0]), np.array([0.0, 1.0, np.nan])) == 1.0
    assert np.isnan(auroc(np.ones(3), np.ones(3)))


def test_operating_points_reach_their_sensitivity_and_youden_is_best():
    logits, outcomes = cases(1500)
    p = sigmoid(logits)
    points = operating_points(p, outcomes)
    positives, negatives = p[outcomes == 1], p[outcomes == 0]
    assert (positives >= points.sens90).mean() >= 0.90
    assert (positives >= points.sens95).mean() >= 0.95
    assert points.sens95 <= points.sens90
    j = (positives >= points.youden).mean() - (negatives >= points.youden).mean()
    others = [(positives >= t).mean() - (negatives >= t).mean() for t in np.linspace(0, 1, 200)]
    assert j >= max(others) - 1e-12


@pytest.mark.parametrize(
    ("logits", "outcomes"),
    [([1.0, 2.0], [1, 1]), ([], []), ([np.nan, 1.0], [0, 1]), ([1.0, 2.0], [0, 2])],
)
def test_nothing_is_fitted_on_unusable_cases(logits, outcomes):
    with pytest.raises(CalibrationError):
        fit(np.array(logits), np.array(outcomes, dtype=float))


def test_scores_that_fall_with_the_outcome_are_refused():
    logits, outcomes = cases()
    with pytest.raises(CalibrationError):
        fit(-logits, outcomes)


def test_separable_scores_stay_finite():
    fitted = fit(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0, 1, 1]))
    assert np.isfinite(fitted.apply(np.array([-1e9, 0, 1e9]))).all()


@pytest.mark.parametrize("method", [Method.PLATT, Method.TEMPERATURE, Method.ISOTONIC])
def test_json_round_trip(method):
    fitted = fit(*cases(200), method)
    again = Calibration.from_json(fitted.as_json())
    grid = np.linspace(-3, 3, 9)
    assert again.apply(grid).tolist() == fitted.apply(grid).tolist()


@pytest.mark.parametrize(
    "wrong",
    [
        {"slope": -1.0},
        {"slope": float("nan")},
        {"knots": ((0.0, 0.1),)},
        {"method": Method.ISOTONIC},
        {"method": Method.ISOTONIC, "knots": ((0.0, 0.9), (1.0, 0.1))},
        {"method": Method.ISOTONIC, "knots": ((0.0, 0.9), (1.0, 1.1))},
    ],
)
def test_an_invalid_calibration_cannot_exist(wrong):
    with pytest.raises(ValueError, match=r".+"):
        Calibration(**wrong)
