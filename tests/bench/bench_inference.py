"""One film of 3000 x 2500 to scores and maps, and what the maps cost beside the forward pass."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from model.runtime.builtin import built_in_package
from model.runtime.explain import evidence_maps
from model.runtime.explain_gradcam import CamMethod, explain
from model.runtime.nodules import nodule_detector
from model.runtime.package import open_package
from model.runtime.predict import Predictor
from model.runtime.preprocess import preprocess
from model.runtime.quality import quality_check

REPEATS = 15


def median_ms(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median time of a call in milliseconds, after one that warms up."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1e3)
    return float(np.median(times))


def main() -> None:
    """Print the table."""
    package = open_package(built_in_package())
    predictor, check = Predictor(package), quality_check(package)
    detector = nodule_detector(package)
    y, x = np.mgrid[0:3000, 0:2500].astype(np.float32)
    film = 0.5 + 0.25 * np.sin(x / 311) * np.cos(y / 173) + ((x * 7 + y * 13) % 31) / 124
    film = film.astype(np.float32)
    made = preprocess(film, size=predictor.input_size)
    raw = predictor.predict(made.model_input)
    labels = range(len(package.labels))

    def whole() -> None:
        ready = preprocess(film, size=predictor.input_size)
        if check is not None:
            check.judge(ready.model_input)
        evidence_maps(predictor.predict(ready.model_input), predictor)

    def maps_too() -> None:
        evidence_maps(predictor.predict(made.model_input), predictor)

    def nodules() -> None:
        if detector is not None:
            detector.find(preprocess(film, size=detector.record.input_size))

    def library() -> None:
        for label in list(labels)[:14]:
            explain(predictor, made.model_input, label, CamMethod.GRAD_CAM)

    forward = median_ms(lambda: predictor.predict(made.model_input))
    maps = median_ms(lambda: evidence_maps(raw, predictor))
    both = median_ms(maps_too)
    cam = median_ms(library, repeats=3)
    judge = median_ms(lambda: check.judge(made.model_input)) if check else float("nan")
    prepare = median_ms(lambda: preprocess(film, size=predictor.input_size))
    print(f"{package.id} {package.version}, {torch.get_num_threads()} threads")
    rows = (
        ("preprocess 3000 x 2500", prepare, ""),
        ("input check", judge, ""),
        ("forward pass", forward, ""),
        (f"all {len(package.labels)} maps", maps, ""),
        ("forward pass and maps", both, f"{both / forward:.2f} x forward pass"),
        ("film to scores and maps", median_ms(whole), "aim 120, at most 400"),
        ("film to nodule candidates", median_ms(nodules), "beside scores and maps"),
        ("14 pytorch-grad-cam calls", cam, f"{cam / both:.0f} x forward pass and maps"),
    )
    for name, value, note in rows:
        print(f"{name:28} {value:9.2f} ms  {note}")


if __name__ == "__main__":
    main()
