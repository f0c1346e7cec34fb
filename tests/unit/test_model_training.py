import math

import numpy as np
import pytest
import torch

from model.evaluation.bootstrap import clustered_interval
from model.evaluation.pointing import hits
from model.runtime.architecture import NetworkConfig
from model.runtime.labels import ALL_CODES
from model.runtime.network import build_network
from model.training.augment import augmented, moved_boxes
from model.training.data import Batch, epoch_order, share_of
from model.training.loop import LoopSettings, Trainer
from model.training.losses import box_loss, masked_loss, positive_weights
from model.training.operating import (
    ValidationScores,
    label_records,
    marks_per_100_normals,
)


def batch(n: int = 4, size: int = 64, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        inputs=torch.rand((n, 1, size, size), generator=generator),
        targets=(torch.rand((n, 2), generator=generator) < 0.5).float(),
        boxes=torch.tensor([[0.0, 1.0, 10.0, 12.0, 30.0, 40.0]]),
    )


def trainer(steps: int = 40, **changes) -> Trainer:
    torch.manual_seed(0)
    settings = LoopSettings(
        total_steps=steps,
        warmup_steps=2,
        positive=torch.ones(2),
        weights=torch.ones(2),
        **changes,
    )
    return Trainer(build_network(NetworkConfig(labels=2, width=4)), settings)


def test_unknown_labels_give_no_gradient():
    logits = torch.tensor([[0.3, -0.2], [1.0, 0.5]], requires_grad=True)
    targets = torch.tensor([[1.0, math.nan], [math.nan, 0.0]])
    masked_loss(logits, targets, torch.ones(2), torch.ones(2)).backward()
    assert logits.grad is not None
    assert (logits.grad == 0).tolist() == [[False, True], [True, False]]


def test_all_unknown_is_no_loss_and_a_sure_answer_reaches_zero():
    nothing = masked_loss(
        torch.zeros(2, 2), torch.full((2, 2), math.nan), torch.ones(2), torch.ones(2)
    )
    assert nothing == 0
    sure = masked_loss(
        torch.tensor([[30.0, -30.0]]), torch.tensor([[1.0, 0.0]]), torch.ones(2), torch.ones(2)
    )
    assert sure < 1e-6


def test_positive_weights_are_capped_and_ignore_unknown():
    targets = np.array([[1, 0], [0, 0], [0, 1], [np.nan, 0], [0, 0]], dtype=np.float32)
    weights = positive_weights(np.repeat(targets, 10, axis=0), cap=1.9)
    assert weights.tolist() == pytest.approx([math.sqrt(3), 1.9])


def test_box_loss_prefers_evidence_inside_the_box():
    maps = torch.zeros(1, 1, 8, 8)
    inside, outside = maps.clone(), maps.clone()
    inside[0, 0, 2, 3] = 9.0
    outside[0, 0, 6, 6] = 9.0
    boxes = torch.tensor([[0.0, 0.0, 23.5, 15.5, 31.5, 23.5]])
    weight = torch.ones(1, 1)
    right = box_loss(inside, weight, boxes, 64)
    wrong = box_loss(outside, weight, boxes, 64)
    assert right < 0.2
    assert wrong > 5
    assert box_loss(maps, weight, torch.zeros((0, 6)), 64) == 0


def test_two_boxes_of_one_finding_count_together():
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 0, 0] = maps[0, 0, 3, 3] = 8.0
    boxes = torch.tensor([[0.0, 0, -0.5, -0.5, 15.5, 15.5], [0.0, 0, 47.5, 47.5, 63.5, 63.5]])
    assert box_loss(maps, torch.ones(1, 1), boxes, 64) < 0.1
    assert box_loss(maps, torch.ones(1, 1), boxes[:1], 64) == pytest.approx(
        math.log(2), abs=0.02
    )


def test_a_moved_box_follows_its_pixels():
    size = 96
    inputs = torch.zeros(3, 1, size, size)
    inputs[:, :, 30:40, 50:66] = 1.0
    boxes = torch.tensor([[n, 0.0, 49.5, 29.5, 65.5, 39.5] for n in range(3)])
    start = Batch(inputs=inputs, targets=torch.zeros(3, 1), boxes=boxes)
    # No noise, gamma or erasing decides where the bright pixels are: find them by a threshold.
    moved = augmented(start, torch.Generator().manual_seed(2), strength=0.6)
    for film, box in zip(moved.inputs[:, 0], moved.boxes, strict=True):
        rows, columns = torch.nonzero(film > 0.8, as_tuple=True)
        x0, y0, x1, y1 = box[2:].tolist()
        assert columns.float().mean().item() == pytest.approx((x0 + x1) / 2, abs=2.5)
        assert rows.float().mean().item() == pytest.approx((y0 + y1) / 2, abs=2.5)


def test_an_unchanged_film_keeps_its_boxes():
    theta = torch.tensor([[[1.0, 0, 0], [0, 1.0, 0]]])
    boxes = torch.tensor([[0.0, 1.0, 3.0, 4.0, 20.0, 30.0]])
    assert torch.allclose(moved_boxes(boxes, theta, 64), boxes, atol=1e-4)


def test_augmentation_never_mirrors_and_repeats_with_its_seed():
    ramp = torch.linspace(0, 1, 64).repeat(16, 1, 64, 1)
    start = Batch(inputs=ramp, targets=torch.zeros(16, 1), boxes=torch.zeros((0, 6)))
    one = augmented(start, torch.Generator().manual_seed(1))
    two = augmented(start, torch.Generator().manual_seed(1))
    assert torch.equal(one.inputs, two.inputs)
    middle = one.inputs[:, 0, 24:40]
    assert (middle[:, :, 36:44].mean(dim=(1, 2)) > middle[:, :, 20:28].mean(dim=(1, 2))).all()


def test_an_epoch_weights_sites_and_is_shared_without_overlap():
    sites = ["a"] * 10 + ["b"] * 20 + ["c"] * 5
    order = epoch_order(sites, {"a": 2.0, "b": 0.5}, seed=1, epoch=0)
    counts = np.bincount(order, minlength=35)
    assert (counts[:10] == 2).all()
    assert counts[10:30].sum() == 10
    assert counts[30:].sum() == 0
    assert epoch_order(sites, {}, seed=1, epoch=0).tolist() != sorted(range(35))
    again = epoch_order(sites, {"a": 2.0, "b": 0.5}, seed=1, epoch=0)
    assert order.tolist() == again.tolist()
    assert order.tolist() != epoch_order(sites, {"a": 2.0, "b": 0.5}, seed=1, epoch=1).tolist()
    shares = [share_of(np.arange(11), rank=r, processes=3) for r in range(3)]
    assert sorted(np.concatenate(shares).tolist()) == list(range(9))


def test_the_loop_learns():
    one, generator = trainer(learning_rate=5e-3, dropout=0.1, box_weight=0.1), torch.Generator()
    logs = [one.step(batch(), generator) for _ in range(30)]
    assert logs[-1].loss < 0.5 * logs[0].loss
    assert logs[-1].box_loss < logs[0].box_loss
    assert logs[0].learning_rate < logs[1].learning_rate > logs[-1].learning_rate


def test_a_saved_state_continues_exactly():
    straight, first = trainer(), trainer()
    for n in range(6):
        straight.step(batch(seed=n), torch.Generator().manual_seed(n))
    for n in range(3):
        first.step(batch(seed=n), torch.Generator().manual_seed(n))
    second = trainer()
    second.load(first.state())
    for n in range(3, 6):
        second.step(batch(seed=n), torch.Generator().manual_seed(n))
    expected, found = straight.state(), second.state()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_the_pointing_game_counts_a_finding_once():
    evidence = np.zeros((1, 2, 4, 4))
    evidence[0, 0, 0, 0] = 1
    boxes = np.array([[0, 0, 40, 40, 60, 60], [0, 0, 0, 0, 15, 15], [0, 1, 40, 40, 63, 63]])
    assert hits(evidence, boxes.astype(float), 64) == (1, 2)


def validation(n: int = 400, gain: float = 1.5) -> ValidationScores:
    generator = np.random.default_rng(1)
    targets = (generator.random((n, 3)) < (0.25, 0.03, 0.2)).astype(float)
    targets[:, 2] = targets.max(axis=1)
    logits = generator.normal(size=(n, 3)) + gain * targets
    return ValidationScores(
        codes=("effusion", "hernia", "any_abnormality"),
        logits=logits,
        targets=targets,
        patients=tuple(f"p{k // 2}" for k in range(n)),
        train_positives=(100, 12, 200),
    )


def test_labels_are_offered_by_the_rules():
    offered = {r.code: r.trained for r in label_records(validation())}
    assert offered == {"effusion": True, "hernia": False, "any_abnormality": True}
    assert not any(r.trained for r in label_records(validation(gain=0.0)))


def test_thresholds_keep_the_marks_and_the_sensitivities():
    scores = validation()
    records = label_records(scores)
    assert marks_per_100_normals(records, scores) <= 100
    for record in records:
        if not record.trained:
            assert record.threshold is None
            continue
        assert record.thresholds is not None
        assert record.threshold >= record.thresholds.youden
        assert record.validation["auroc_low"] > 0.6


def test_clustering_widens_the_interval():
    generator = np.random.default_rng(0)
    outcomes = np.repeat((generator.random(60) < 0.5).astype(float), 6)
    scores = np.repeat(generator.normal(size=60), 6) + outcomes * 0.7
    films = clustered_interval(scores, outcomes, [str(k) for k in range(360)])
    patients = clustered_interval(scores, outcomes, [str(k // 6) for k in range(360)])
    assert patients[1] - patients[0] > 1.5 * (films[1] - films[0])
    assert len(ALL_CODES) == 15
