"""Where blocks and lines go."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.adapters.export.fonts import face_number, find_fonts
from workstation.adapters.export.layout import BOTTOM, TOP, Block, frames, paginate
from workstation.adapters.export.typeset import Ink

SAMPLE = "双肺纹理清晰，未见实变（含心后区）。A calm line of English words, 12.5 mm."
FULL = BOTTOM - TOP


@pytest.fixture(scope="module")
def ink() -> Iterator[Ink]:
    font = find_fonts()[0]
    with closing(Ink(font, face_number(font) or 0, SAMPLE)) as made:
        yield made


def block(height: float, *, keep: bool = False, framed: bool = False) -> Block:
    return Block(height=height, draw=lambda _x, _top: None, keep=keep, framed=framed)


def test_blocks_stack_and_go_on_at_the_next_page() -> None:
    pages = paginate([block(FULL * 0.6), block(FULL * 0.6)], first_top=TOP)
    assert [[placed.top for placed in page] for page in pages] == [[TOP], [TOP]]


def test_a_heading_goes_with_what_follows() -> None:
    pages = paginate([block(FULL - 5), block(4, keep=True), block(4)], first_top=TOP)
    assert [len(page) for page in pages] == [1, 2]


def test_what_is_longer_than_a_page_is_divided_between_its_blocks() -> None:
    pages = paginate([block(FULL * 0.4, keep=True) for _ in range(6)], first_top=TOP)
    assert [len(page) for page in pages] == [2, 2, 2]


def test_a_gap_never_begins_a_page() -> None:
    assert len(paginate([block(FULL), Block(height=3.0)], first_top=TOP)) == 1


def test_no_last_page_for_a_few_lines() -> None:
    picture, note = block(60), block(5)
    pages = paginate([block(FULL - 60), picture, note, note, Block(height=2)], first_top=TOP)
    assert [[placed.block for placed in page][:3] for page in pages][1] == [picture, note, note]
    tall = block(FULL - 4)  # no page holds both
    assert [len(page) for page in paginate([tall, note], first_top=TOP)] == [1, 1]


def test_frames_span_runs_of_framed_blocks() -> None:
    (page,) = paginate([block(10), block(5, framed=True), block(6, framed=True)], first_top=TOP)
    assert list(frames(page)) == [(TOP + 10, TOP + 21)]


@settings(max_examples=40)
@given(st.text(SAMPLE, max_size=120), st.floats(12, 120))
def test_lines_fit_and_lose_nothing(ink: Ink, text: str, width: float) -> None:
    lines = ink.wrap(text, 10, width)
    assert all(ink.width(line, 10) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_marks_stay_off_the_edges_of_a_line_and_words_stay_whole(ink: Ink) -> None:
    for width in range(20, 120):
        lines = ink.wrap(SAMPLE, 10, float(width))
        assert not any(line[0] in "，。）" for line in lines)
        assert not any(line[-1] == "（" for line in lines)
        assert any("English" in line for line in lines)


def test_what_the_font_lacks_is_named_once(ink: Ink) -> None:
    assert ink.clean("a\U0001f600\U0001f600\r\nl\ud800") == "a□U+1F600 □U+1F600 \nl□U+D800 "
    assert list(ink.missing) == ["U+1F600", "U+D800"]
