"""Make the built-in sample study: two frontal films, a lateral, and the truth about them.

::

    python packaging/sample/make_sample.py            # writes resources/sample
    python packaging/sample/make_sample.py --out DIR --png

Reads `average.png` beside this script (average.py makes it). Two runs give the same bytes; so
does another machine, as far as its floating-point library rounds the same way.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import film_object
import numpy as np
import numpy.typing as npt
from frontal import Nodule, Pose, anatomy_grid, patient_film, posed_pixel
from lateral import lateral_film
from PIL import Image
from raster import Image64

NODULE_AT = (96.0, 152.0)
"""Right upper zone, mm in the average's frame."""
LATERAL_SEED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontalFilm:
    """What is particular to one of the two frontal films."""

    name: str
    visit: film_object.Visit
    nodule: Nodule
    pose: Pose
    noise_seed: int


FRONTALS = (
    FrontalFilm(
        name="current-pa",
        visit=film_object.CURRENT,
        nodule=Nodule(centre=NODULE_AT, diameter_mm=16.0),
        pose=Pose(),
        noise_seed=11,
    ),
    FrontalFilm(
        name="prior-pa",
        visit=film_object.PRIOR,
        nodule=Nodule(centre=NODULE_AT, diameter_mm=9.0),
        pose=Pose(shift_mm=(2.0, -3.0), turn_degrees=0.6, breath_mm=6.0, gamma=1.06),
        noise_seed=12,
    ),
)


def quantise(display: Image64) -> npt.NDArray[np.uint16]:
    """Return display values 0..1 as the P-Values of the stored bits."""
    top = 2**film_object.BITS_STORED - 1
    return np.asarray(np.round(np.clip(display, 0.0, 1.0) * top), dtype=np.uint16)


def frontal_pixels(film: FrontalFilm) -> npt.NDArray[np.uint16]:
    """Return the pixels of a frontal film."""
    return quantise(
        patient_film(
            anatomy_grid(film_object.IMAGER_SPACING_MM),
            film.nodule,
            film.pose,
            magnification=film_object.MAGNIFICATION,
            noise_seed=film.noise_seed,
        )
    )


def lateral_pixels() -> npt.NDArray[np.uint16]:
    """Return the pixels of the lateral film."""
    rng = np.random.default_rng(LATERAL_SEED)
    return quantise(lateral_film(film_object.IMAGER_SPACING_MM, rng))


def nodule_truth(film: FrontalFilm) -> dict[str, object]:
    """Return where the nodule lies: centre (column, row; first pixel 0) and its sizes."""
    grid = anatomy_grid(film_object.IMAGER_SPACING_MM)
    column, row = posed_pixel(grid, film.nodule.centre, film.pose)
    diameter = film.nodule.diameter_mm
    on_detector = diameter * film_object.MAGNIFICATION
    return {
        "file": f"films/{film.name}.dcm",
        "centre_column_row_px": [round(column, 1), round(row, 1)],
        "diameter_mm": diameter,
        "diameter_on_detector_mm": round(on_detector, 2),
        "diameter_px": round(on_detector / film_object.IMAGER_SPACING_MM, 1),
        "side": "right",
        "zone": "upper",
    }


def truth() -> dict[str, object]:
    """Return the content of truth.json."""
    return {
        "patient_id": film_object.PATIENT_ID,
        "script_version": film_object.SCRIPT_VERSION,
        "nodules": [nodule_truth(film) for film in FRONTALS],
        "without_nodule": ["films/current-lateral.dcm"],
    }


def main() -> int:
    """Write the three films and truth.json."""
    parser = argparse.ArgumentParser(description="Make the built-in sample study.")
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=Path, default=root / "resources" / "sample")
    parser.add_argument("--png", action="store_true", help="also write 8-bit PNGs to look at")
    choice = parser.parse_args()
    folder: Path = choice.out / "films"
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        (film.name, frontal_pixels(film), film.visit, film_object.PA, 1) for film in FRONTALS
    ]
    lateral = ("current-lateral", lateral_pixels(), film_object.CURRENT, film_object.LATERAL, 2)
    for name, pixels, visit, projection, series in [*made, lateral]:
        path = folder / f"{name}.dcm"
        film_object.write_film(
            film_object.film_object(pixels, visit, projection, series=series), path
        )
        if choice.png:
            Image.fromarray((pixels >> 4).astype(np.uint8)).save(path.with_suffix(".png"))
        print(f"{path}: {pixels.shape[1]} × {pixels.shape[0]}, {path.stat().st_size} bytes")
    text = json.dumps(truth(), indent=2) + "\n"
    (choice.out / "truth.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
