"""Saved presentations: offered for the film they are about, applied, named in words, and gone again without a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu

from resources.i18n import Texts
from tests.factories.benches import Bench
from tests.factories.fakes import instance_of, loaded
from tests.factories.films import make_film, make_patient
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Orientation
from workstation.core.graphics import GraphicKind
from workstation.core.image import WindowLevel
from workstation.core.presentation import (
    DisplayedArea,
    PresentationState,
    Reference,
    StateGraphic,
    StateText,
    StateVoi,
    Units,
    Unsupported,
)
from workstation.core.study import PRESENTATION_STATE
from workstation.ui.presentations import Presentations
from workstation.ui.presenting import Presenting
from workstation.ui.viewer import FilmView

A, B, SOP = "1.2.1", "1.2.2", "1.2.1.1.1"
OLD = PresentationState(
    sop_uid="1.9.1",
    label="OLD",
    created=datetime(2024, 1, 2),  # noqa: DTZ001 - files hold local times
    references=(Reference(sop_uid=SOP),),
    vois=(StateVoi(windows=(WindowLevel(centre=1000, width=500),)),),
    inverse=True,
    orientation=Orientation(quarter_turns=1),
    areas=(DisplayedArea(top_left=(1, 1), bottom_right=(20, 30)),),
    graphics=(
        StateGraphic(
            layer="A",
            kind=GraphicKind.POLYLINE,
            units=Units.PIXEL,
            points=((5, 5), (15, 5), (15, 20)),
        ),
    ),
    texts=(StateText(layer="A", text="nodule\r\n16 mm", anchor=(15, 20), anchor_visible=True),),
    unsupported=(Unsupported.MASK,),
)
NEW = PresentationState(
    sop_uid="1.9.2",
    label="NEW",
    creator="Li Wei",
    created=datetime(2024, 5, 7),  # noqa: DTZ001
    references=(Reference(sop_uid=SOP),),
)


class States:
    """Gives the states it was told of."""

    def __init__(self):
        self.kept = {}

    def read_presentation(self, path, context):
        context.token.raise_if_cancelled()
        if path not in self.kept:
            raise WorkstationError(ErrorCode.MALFORMED, path=str(path))
        return self.kept[path]


class Room(Bench):
    """The presenters of a room with a film on screen."""

    def __init__(self, qtbot):
        super().__init__(qtbot)
        self.view = FilmView(Texts("en"))
        self.view.resize(600, 500)
        qtbot.addWidget(self.view)
        self.menu = QMenu(self.view)
        self.states = States()
        self.presenter = Presentations(lanes=self.lanes, desk=self.desk, reader=self.states)
        self.presenting = Presenting(self.view, self.presenter, self.menu, Texts("en"))
        self.desk.film_shown.connect(lambda film: self.presenting.show(film, None))
        self.presenter.chosen_changed.connect(
            lambda: self.presenting.show(self.desk.film, None)
        )

    def add(self, *states, **changes):
        for state in states:
            path = Path(f"/films/{state.sop_uid}.dcm")
            self.states.kept[path] = state
            kind = {"sop_class_uid": PRESENTATION_STATE, "modality": "PR"}
            instance = instance_of(1, sop_uid=state.sop_uid, **kind | changes)
            self.index.add([loaded(path, instance)])

    @property
    def notes(self):
        return self.view._overlay(self.view.film).corners.notes

    def picture(self):
        self.view.grab()
        image = QImage(self.view.size(), QImage.Format.Format_RGB32)
        self.view.render(image)
        bits = np.frombuffer(image.constBits(), np.uint32)
        return bits.reshape(image.height(), image.width()).copy()


@pytest.fixture
def room(qtbot):
    made = Room(qtbot)
    made.add(OLD, NEW)
    yield made
    made.close()


def test_the_newest_comes_first_and_nothing_is_applied_unasked(room):
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    assert room.presenter.offered == (NEW, OLD)
    assert room.presenter.chosen is None
    assert "2" in room.notes[0]
    assert [action.text() for action in room.menu.actions()][1:] == [
        "Presentation: NEW, Li Wei, 2024-05-07",
        "Presentation: OLD, 2024-01-02",
    ]


def test_a_chosen_one_is_applied_and_what_it_lacks_is_said(room):
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    room.menu.actions()[2].trigger()
    state = room.view.view_state()
    assert (state.voi.width, state.inverted, state.orientation) == (500, True, OLD.orientation)
    assert state.area == ((-0.5, -0.5), (19.5, 29.5))
    assert room.notes[0].endswith("OLD, 2024-01-02")
    assert room.notes[1].startswith("⚠")
    assert room.menu.actions()[2].isChecked()
    assert room.presenter.applied == {room.view.film.instance.sop_uid: OLD}
    room.menu.actions()[0].trigger()
    assert room.presenter.applied == {}


def test_keys_go_round_and_none_leaves_no_trace(room):
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    before, look = room.picture(), room.view.view_state()
    room.presenter.step()
    assert room.presenter.chosen is NEW
    room.presenter.step()
    assert room.presenter.chosen is OLD
    assert (room.picture() != before).any()
    room.presenter.step()
    assert room.presenter.chosen is None
    assert room.view.view_state() == look
    assert (room.picture() == before).all()


def test_reset_goes_back_to_the_states_own_look(room):
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    room.presenter.choose(OLD.sop_uid)
    look = room.view.view_state()
    room.view.invert()
    room.view.fit()
    room.view.reset()
    assert room.view.view_state() == look


def test_it_comes_back_with_its_film_and_not_with_another_study(room):
    room.put(Path("/films/1b.dcm"), instance_of(1, film=2))
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    room.presenter.choose(OLD.sop_uid)
    room.desk.step(1)
    room.until(lambda: room.desk.film is not None)
    assert room.presenter.offered == ()
    assert room.notes == ()
    room.desk.step(-1)
    room.until(lambda: room.desk.film is not None)
    assert room.presenter.chosen is OLD
    assert room.view.view_state().inverted
    room.open(B)
    assert room.presenter.offered == ()


def test_the_drawing_lies_on_the_film_and_follows_it(room):
    plain = replace(
        OLD,
        orientation=Orientation(),
        areas=(),
        vois=(),
        inverse=False,
        texts=(),
        unsupported=(),
    )
    room.states.kept[Path("/films/1.9.1.dcm")] = plain
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    room.presenter.choose(NEW.sop_uid)
    without = room.picture()
    for turn in (lambda: None, room.view.flip, room.view.rotate_right):
        room.presenter.choose(NEW.sop_uid)
        turn()
        without = room.picture()
        room.presenter.choose(plain.sop_uid)
        turn()
        drawn = room.picture() != without
        place = room.view.film_to_canvas()((9.5, 4.5))
        x, y = (round(part) for part in place)
        assert drawn[y - 2 : y + 3, x - 2 : x + 3].any()


def test_a_state_that_cannot_be_read_is_said_and_costs_no_film(room):
    told = []
    room.presenter.failed.connect(told.append)
    del room.states.kept[Path("/films/1.9.1.dcm")]
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 1 and bool(told))
    assert told[0].code is ErrorCode.MALFORMED
    assert room.view.film is not None


def test_a_state_that_names_another_patient_is_refused_and_said(room):
    told = []
    room.presenter.failed.connect(told.append)
    room.add(replace(NEW, sop_uid="1.9.3"), patient=make_patient(patient_id="P-2"))
    room.open(A)
    room.until(lambda: len(room.presenter.offered) == 2)
    room.desk.refresh_study()
    assert [reason.code for reason in told] == [ErrorCode.IDENTITY_MISMATCH]
    assert "1.9.3" not in {state.sop_uid for state in room.presenter.offered}


def test_a_colour_film_is_offered_none(room):
    colour = make_film(np.zeros((8, 8, 3), np.uint8), instance=instance_of(1))
    room.reader.films[Path("/films/1.dcm")] = colour
    room.open(A)
    assert room.presenter.offered == ()
