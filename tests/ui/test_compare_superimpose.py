"""The prior over the current film: what is drawn, what is left when it is removed, and never a late or wrong one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

from resources.i18n import Texts
from tests.factories.films import make_film, make_instance, make_pixels
from tests.ui.test_compare_presenter import Bench
from workstation.core.comparison import RegisteredPrior, identity_places
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Affine2D, Orientation
from workstation.core.image import WindowLevel
from workstation.services.comparison import Comparison
from workstation.ui.compare.superimpose import Phase, SuperimposePresenter
from workstation.ui.viewer.raster import Look
from workstation.ui.viewer.superimposed import ComputedImage, Superposition
from workstation.ui.viewer.view import FilmView

BLEND, DIFFERENCE = Superposition.BLEND, Superposition.DIFFERENCE


@dataclass
class FakeRegistration:
    """Says that nothing has moved; `gate` holds the answer back, `error` is raised instead."""

    gate: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)
    error: WorkstationError | None = None

    def align(self, fixed, moving, context, *, start):
        del moving
        context.stage("affine", 1, 10)
        self.started.set()
        assert self.gate.wait(10)
        context.token.raise_if_cancelled()
        if self.error:
            raise self.error
        return (identity_places(fixed.shape, start),)


class Room(Bench):
    """The bench of the comparison, with films that agree and a registration in memory."""

    def __init__(self, qtbot):
        super().__init__(qtbot)
        for path, film in self.reader.films.items():
            self.reader.films[path] = replace(film, pixels=make_pixels(128, 96))
        self.registration = FakeRegistration()
        self.registration.gate.set()
        self.superimpose = SuperimposePresenter(
            lanes=self.lanes,
            desk=self.desk,
            compare=self.compare,
            comparison=Comparison(lambda: self.registration),
        )

    @property
    def state(self):
        return self.superimpose.state

    def hang(self):
        self.open(1)
        self.compare.with_prior()
        self.hung("2.1")


@pytest.fixture
def room(qtbot):
    made = Room(qtbot)
    yield made
    made.registration.gate.set()
    made.reader.gate.set()
    made.lanes.shutdown()


def test_only_a_prior_can_be_laid_over(room):
    room.open(1)
    assert not room.state.possible
    room.compare.two_views()
    room.hung("1.2")
    room.superimpose.start()
    assert (room.state.possible, room.state.phase) == (False, Phase.NONE)
    room.compare.with_prior()
    room.hung("2.1")
    assert room.state.possible


def test_it_is_registered_once_and_then_shown_and_hidden(room):
    room.hang()
    room.superimpose.start()
    room.until(lambda: room.state.phase is Phase.DONE)
    drawn = room.state.drawn
    assert drawn.prior.instance.study_uid == "1.2.2"
    assert drawn.sop_uid == "1.2.1.1.1"
    room.superimpose.toggle()
    assert room.state.drawn is None
    room.superimpose.start()
    assert room.state.drawn is drawn


def test_flicker_shows_one_and_the_other(room):
    room.hang()
    room.superimpose.flicker()
    assert room.state.drawn is None
    room.superimpose.start()
    room.until(lambda: room.state.phase is Phase.DONE)
    seen = []
    for _ in range(4):
        room.superimpose.flicker()
        seen.append((room.state.drawn is not None, room.state.opacity))
    assert seen == [(True, 1.0), (False, 1.0), (True, 1.0), (False, 1.0)]
    room.superimpose.show_way(DIFFERENCE)
    assert room.state.drawn is not None
    assert room.state.way is DIFFERENCE


def test_progress_is_told_and_a_stop_leaves_nothing(room):
    room.hang()
    room.registration.gate.clear()
    room.superimpose.start()
    room.until(
        lambda: room.state.progress is not None and room.state.progress.stage == "affine"
    )
    room.superimpose.stop()
    room.registration.gate.set()
    room.until(lambda: room.state.phase is Phase.NONE)
    assert room.state.reason is None
    assert room.state.drawn is None


def test_a_refusal_has_a_reason(room):
    room.registration.error = WorkstationError(
        ErrorCode.REGISTRATION_FAILED, before=0.1, after=0.2
    )
    room.hang()
    room.superimpose.start()
    room.until(lambda: room.state.phase is Phase.REFUSED)
    assert room.state.reason.code is ErrorCode.REGISTRATION_FAILED
    assert room.state.drawn is None


@pytest.mark.parametrize("leave", ["study", "film", "prior", "one"])
def test_a_late_result_reaches_no_other_films(room, leave):
    room.hang()
    room.registration.gate.clear()
    room.superimpose.start()
    room.until(room.registration.started.is_set)
    {
        "study": lambda: room.desk.open_study("1.2.4"),
        "film": lambda: room.desk.step(1),
        "prior": room.compare.next_prior,
        "one": room.compare.one_film,
    }[leave]()
    seen = []
    room.superimpose.state_changed.connect(seen.append)
    room.registration.gate.set()
    room.until(lambda: room.desk.film is not None)
    done = []
    from workstation.core.jobs import Lane

    room.lanes.submit(Lane.COMPUTE, lambda _: None, done=lambda _: done.append(1))
    room.until(lambda: done)
    assert room.state.registered is None
    assert not any(state.registered for state in seen)


# --- on the canvas -------------------------------------------------------------------------------


def registered(current, seed=9, **changes):
    pixels = make_pixels(64, 48, seed=seed)
    prior = make_film(4095 - pixels, instance=make_instance(sop_uid="1.2.9"))
    mask = np.ones((64, 48), bool)
    mask[:8] = False
    left = np.zeros((64, 48), np.float32)
    left[30:40, 10:20], left[30:40, 28:38] = 0.2, -0.2
    values = {
        "prior": prior,
        "sop_uid": current.instance.sop_uid,
        "warped": prior,
        "mask": mask,
        "to_film": Affine2D(),
        "difference": left,
        "difference_to_film": Affine2D(),
        "limit": 0.2,
        "before": 0.1,
        "after": 0.5,
    }
    return RegisteredPrior(**values | changes)


@pytest.fixture
def view(qtbot):
    made = FilmView(Texts("en"))
    qtbot.addWidget(made)
    made.resize(480, 640)
    made.show()
    made.show_film(make_film())
    for _ in range(2):
        made.cycle_corners()
    return made


def picture(view):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.width(), 4)
    return np.frombuffer(image.constBits(), np.uint8).reshape(shape)[..., 2::-1].astype(int)


def show(view, way=BLEND, opacity=1.0, **changes):
    laid = registered(view.film, **changes)
    voi, _ = view.presentation()
    image = ComputedImage(
        registered=laid, way=way, opacity=opacity, look=Look(voi=voi), caption="Prior"
    )
    view.computed.show_image(image)
    return picture(view)


def at(view, shown, place):
    ratio = view.devicePixelRatioF()
    x, y = (int(part * ratio) for part in view.film_to_canvas()(place))
    return shown[y, x]


@pytest.mark.parametrize("way", list(Superposition))
def test_removing_it_leaves_no_trace(view, way):
    before = picture(view)
    assert (show(view, way) != before).any()
    view.computed.show_image(None)
    assert np.array_equal(picture(view), before)


def test_blending_goes_from_the_film_to_the_prior(view):
    film = at(view, picture(view), (4, 58))
    prior = at(view, show(view, opacity=1.0), (4, 58))
    half = at(view, show(view, opacity=0.5), (4, 58))
    assert abs(film - prior).max() > 40
    assert half == pytest.approx((film + prior) / 2, abs=2)
    assert at(view, show(view, opacity=0.0), (4, 58)) == pytest.approx(film, abs=1)


def test_where_there_is_no_prior_the_film_stays(view):
    view.fit()
    before = picture(view)
    assert np.array_equal(at(view, show(view), (40, 5)), at(view, before, (40, 5)))


@pytest.mark.parametrize("turn", ["rotate_right", "flip", "zoom_in", "rotate_left"])
def test_the_difference_lies_where_it_belongs(view, turn):
    """Denser is orange, less dense blue, the rest grey, however the film is turned."""
    getattr(view, turn)()
    shown = show(view, DIFFERENCE)
    denser, less, same = (at(view, shown, place) for place in ((15, 35), (33, 35), (24, 50)))
    assert denser[0] > denser[2] + 50
    assert less[2] > less[0] + 50
    assert np.ptp(same) <= 2


@pytest.mark.parametrize("zoom", [3.3, 7.0])
@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("way", list(Superposition))
def test_it_ends_within_a_screen_pixel_of_where_the_prior_ends(
    view, way, turns, mirrored, zoom
):
    """A bright prior on a dark film begins at row 8 of the film, whose upper edge is at 7.5."""
    view.show_film(make_film(np.zeros((64, 48), np.uint16)))
    window = WindowLevel(centre=2048.0, width=4096.0)
    orientation = Orientation(quarter_turns=turns, mirrored=mirrored)
    state = replace(view.view_state(), orientation=orientation, zoom=zoom, fitted=False)
    view.restore(replace(state, voi=window, centre=(24.0, 12.0)))
    bright = make_film(np.full((64, 48), 4095, np.uint16), instance=make_instance(sop_uid="9"))
    laid = registered(
        view.film, prior=bright, warped=bright, difference=np.ones((64, 48), np.float32)
    )
    image = ComputedImage(
        registered=laid, way=way, opacity=1.0, look=Look(voi=window), caption=""
    )
    view.computed.show_image(image)
    shown = picture(view)
    along = np.arange(4.0, 12.0, 0.05)
    light = np.array([at(view, shown, (26.0, row)).max() for row in along])
    edge = along[np.argmax(light > light.max() / 2)]
    assert light[0] < light.max() / 4
    assert abs(edge - 7.5) * zoom <= 1.0  # a screen pixel of the device


def test_it_is_drawn_over_no_other_film(view):
    before = picture(view)
    assert np.array_equal(show(view, sop_uid="1.2.777"), before)


def test_a_caption_and_a_legend_say_what_it_is(view):
    """With everything else alike the difference has a legend at the right edge, and both have the strip."""
    strip = [picture(view)[2:18].mean()]
    strip += [show(view, way, opacity=0.0)[2:18].mean() for way in Superposition]
    assert strip[1] != strip[0]
    blended, differing = (show(view, way, opacity=0.0) for way in Superposition)
    changed = np.argwhere((blended != differing).any(axis=2))
    assert changed[:, 1].min() > 240
