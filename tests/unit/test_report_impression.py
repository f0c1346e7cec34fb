"""What the report says of the reader's impression: a first one only where no AI result was seen before it."""

from __future__ import annotations

import pytest

from resources.i18n import Texts
from tests.factories.reports import make_report
from workstation.adapters.export.blocks import Text
from workstation.adapters.export.content import content_of
from workstation.core.review import AiRevealed, FirstImpression, ImpressionRecorded

EN = Texts("en")
RECORDED = ImpressionRecorded(before=None, after=FirstImpression(text="nodule"))
REVEALED = AiRevealed(without_impression=True)
FIRST = "First impression, before any AI result: nodule"
LATE = "Impression, recorded after the AI result was seen: nodule"
NONE = "The AI result was seen without a first impression being recorded."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((RECORDED,), FIRST),
        ((RECORDED, REVEALED), FIRST),
        ((REVEALED, RECORDED), LATE),
        ((REVEALED,), NONE),
    ],
)
def test_the_impression_is_called_what_it_is(changes, said):
    content = content_of(make_report(*changes), EN, EN)
    notes = {e.text for e in content.reader_part if isinstance(e, Text) and e.role == "note"}
    assert notes & {FIRST, LATE, NONE} == {said}
