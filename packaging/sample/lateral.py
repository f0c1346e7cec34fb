"""A left lateral chest film by ray casting: every solid gives its path length, air gives none.

The beam runs from the patient's right to the left; the patient faces the left edge. Shapes are
drawn freehand after the textbook anatomy of an adult, in millimetres on a detector of 350 × 430.
"""

import numpy as np
from bones import skeleton
from marker import lead_letter
from raster import Grid, Image64, Points, add_tube, lens, smooth_noise, spline
from tone import DisplayCurve, expose
from vessels import Lung, grow, paint

FILM_MM = (350.0, 430.0)
# Linear attenuation per mm near 70 keV: NIST XCOM water 0.0193, cortical bone about 0.05,
# inflated lung about a quarter of water.
SOFT = 0.0193
LUNG = 0.0048
BODY = [
    (128, -30), (118, 40), (106, 78), (84, 110), (64, 150), (49, 205), (44, 260), (46, 320),
    (52, 380), (55, 470), (290, 470), (312, 400), (322, 330), (326, 260), (322, 190), (306, 130),
    (284, 80), (262, 30), (250, -30),
]  # fmt: skip
LUNG_RIGHT = [
    (192, 62), (222, 74), (252, 106), (277, 155), (291, 215), (297, 275), (295, 325), (287, 356),
    (277, 352), (262, 328), (238, 303), (205, 285), (170, 276), (135, 277), (104, 287), (84, 300),
    (76, 292), (74, 255), (82, 205), (96, 160), (118, 118), (146, 84), (168, 66),
]  # fmt: skip
LUNG_LEFT = [
    (194, 66), (224, 78), (250, 108), (272, 155), (284, 212), (289, 268), (287, 318), (280, 347),
    (270, 345), (252, 326), (226, 308), (196, 297), (164, 290), (130, 290), (104, 296), (90, 296),
    (84, 284), (80, 248), (89, 205), (102, 165), (124, 122), (150, 88), (172, 70),
]  # fmt: skip
HEART = [
    (84, 228), (96, 204), (120, 188), (146, 178), (172, 186), (190, 206), (199, 232), (197, 258),
    (188, 280), (172, 296), (136, 300), (104, 296), (86, 284), (79, 258),
]  # fmt: skip
AORTA = [
    (146, 196),
    (146, 170),
    (152, 150),
    (168, 136),
    (188, 131),
    (207, 137),
    (219, 154),
    (227, 182),
    (233, 220),
    (235, 262),
    (231, 305),
    (224, 350),
    (218, 400),
]
TRACHEA = [(158, -10), (163, 40), (172, 90), (183, 135), (190, 160)]
STOMACH = [(196, 312), (214, 306), (234, 312), (246, 326), (236, 334), (212, 332), (198, 326)]
ARM_FRONT = [(206, 96), (186, 60), (158, 20), (136, -30)]
ARM_BACK = [(216, 104), (204, 62), (184, 18), (170, -30)]
MARKER_AT_MM = (24.0, 24.0)
CURVE = DisplayCurve(centre=3.3, width=1.0)


def lateral_film(spacing_mm: float, rng: np.random.Generator) -> Image64:
    """Return the film as display values in 0..1, shape of 430 × 350 mm at this spacing."""
    grid = Grid(
        shape=(round(FILM_MM[1] / spacing_mm), round(FILM_MM[0] / spacing_mm)),
        spacing_mm=spacing_mm,
    )
    attenuation = (
        _soft_tissue(grid, rng)
        + skeleton(grid, rng, (spline(ARM_FRONT, 400), spline(ARM_BACK, 400)))
        + _lung_markings(grid, rng)
    )
    film = expose(grid, attenuation, CURVE, rng)
    return np.maximum(0.01 + 0.95 * film, lead_letter(grid, "L", MARKER_AT_MM))


def _closed(points: list[tuple[int, int]]) -> Points:
    return spline(points, 900, closed=True)


def _soft_tissue(grid: Grid, rng: np.random.Generator) -> Image64:
    """Return the attenuation of everything but bone and vessels."""
    body = lens(grid, _closed(BODY), 312.0, 70.0)
    right = lens(grid, _closed(LUNG_RIGHT), 116.0, 40.0)
    left = lens(grid, _closed(LUNG_LEFT), 110.0, 40.0)
    heart = grid.blur(lens(grid, _closed(HEART), 100.0, 44.0), 1.4)
    great = grid.empty()
    add_tube(great, grid, spline(AORTA, 500), np.linspace(15.0, 11.5, 500), thickness=1.1)
    # Right pulmonary artery in front of the bronchi, left one arching behind them.
    for centre, size in (((172, 184), 11.0), ((166, 190), 9.0)):
        add_tube(great, grid, _spot(centre), size)
    add_tube(great, grid, spline([(176, 168), (192, 164), (206, 174), (212, 190)], 160), 8.0)
    airway = grid.empty()
    width = np.interp(np.linspace(0, 1, 400), [0.0, 0.8, 1.0], [8.5, 8.0, 5.0])
    add_tube(airway, grid, spline(TRACHEA, 400), width)
    add_tube(airway, grid, _spot((191, 164)), 6.0)
    add_tube(airway, grid, _spot((194, 183)), 5.5)
    stomach = lens(grid, _closed(STOMACH), 55.0, 14.0)
    lungs = np.maximum(right + left - 0.72 * heart - 0.5 * great, 0.0)
    arms = grid.empty()
    for arm in (ARM_FRONT, ARM_BACK):
        add_tube(arms, grid, spline(arm, 400), np.linspace(42.0, 36.0, 400), thickness=0.6)
    cut = lungs + airway + stomach
    tissue = np.maximum(body - cut, 0.15 * body) + grid.blur(arms, 6.0)
    fat = 1.0 + 0.035 * smooth_noise(grid, rng, 16.0) + 0.012 * smooth_noise(grid, rng, 3.0)
    return SOFT * grid.blur(tissue, 0.35) * fat + LUNG * lungs


def _spot(centre: tuple[int, int]) -> Points:
    """Return a short curve: a tube seen end on."""
    return np.asarray(centre, np.float64) + np.linspace(0.0, 1.0, 12)[:, None] * [5.0, 3.0]


def _lung_markings(grid: Grid, rng: np.random.Generator) -> Image64:
    """Return the attenuation of the pulmonary vessels of both lungs."""
    total = grid.empty()
    for outline, hilum in ((LUNG_RIGHT, (174.0, 190.0)), (LUNG_LEFT, (200.0, 184.0))):
        for _ in range(3):
            lung = Lung(outline=_closed(outline), hilum=hilum, margin_mm=4.0)
            paint(total, grid, grow(lung, rng, tips=300), root_mm=6.5)
    return 2.1 * (SOFT - LUNG) * total
