"""The report of files that were replaced: no result of other pixels, and no film that the reader has not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.factories.benches import LI, A, Bench
from tests.factories.fakes import instance_of, loaded
from tests.factories.films import make_analysis, make_film
from tests.factories.reports import MODEL
from workstation.core.errors import ErrorCode
from workstation.core.findings import AnalysisStatus
from workstation.core.image import Rescale, Shutter, WindowLevel
from workstation.core.presentation import PresentationState, Reference, StateVoi, present
from workstation.core.study import FileStamp
from workstation.services.pictures import film_picture
from workstation.ui.review.export import Look, ReportExport, ReportTools


class Renderer:
    """Keeps what it was given."""

    def render(self, document, *, language):
        self.document = document
        return language.encode()


@pytest.fixture
def bench(qtbot, tmp_path):
    made = Bench(qtbot)
    made.index.kept.clear()
    made.file = tmp_path / "1.dcm"
    made.file.write_bytes(b"film")
    status = made.file.stat()
    stamp = FileStamp(path=made.file, size=status.st_size, mtime_ns=status.st_mtime_ns)
    instance = instance_of(1)
    made.reader.films[made.file] = make_film(instance=instance)
    made.index.add([replace(loaded(made.file, instance), stamp=stamp)])
    made.renderer = Renderer()
    made.export = ReportExport(
        lanes=made.lanes,
        desk=made.desk,
        record=made.record,
        tools=ReportTools(
            reader=made.reader,
            store=made.store,
            renderer=made.renderer,
            model=MODEL,
            prior=lambda _study: None,
            program_version="0.1.0",
        ),
        ask_actor=lambda: LI,
    )
    yield made
    made.close()


def test_a_result_of_other_pixels_is_left_out_with_the_reason(bench, tmp_path):
    old = make_analysis(sop_uid=f"{A}.1.1", content_sha256="0" * 64)
    bench.store.results[A, old.sop_uid] = old
    bench.open(A)
    bench.findings.reveal()
    bench.until(lambda: bench.record.state.revealed)
    with bench.qtbot.waitSignal(bench.export.exported, timeout=5000):
        bench.export.run(tmp_path / "report.pdf", {}, language="en")
    (film,) = bench.renderer.document.films
    assert (film.status, film.findings) == (AnalysisStatus.REFUSED, ())
    assert film.reason.code is ErrorCode.ANALYSIS_OUTDATED


def test_a_file_that_was_replaced_since_it_was_read_is_not_reported(bench, tmp_path):
    bench.open(A)
    bench.file.write_bytes(b"another film")
    with bench.qtbot.waitSignal(bench.export.failed, timeout=5000) as caught:
        bench.export.run(tmp_path / "report.pdf", {}, language="en")
    assert caught.args[0].code is ErrorCode.FILE_CHANGED
    assert not (tmp_path / "report.pdf").exists()


def test_a_film_is_reported_under_the_presentation_it_was_read_under(bench, tmp_path):
    """The state has a rescale of its own, in which its window counts, and a shutter."""
    own = Rescale(slope=2.0, intercept=-1000.0)
    film = replace(bench.reader.films[bench.file], modality_transform=own)
    bench.reader.films[bench.file] = film
    state = PresentationState(
        sop_uid="1.9",
        references=(Reference(sop_uid=film.instance.sop_uid),),
        vois=(StateVoi(windows=(WindowLevel(centre=2000.0, width=1500.0),)),),
        shutter=Shutter(rectangle=(4, 40, 4, 60), presentation_value=0),
    )
    seen = present(state, film)
    bench.open(A)
    looks = {film.instance.sop_uid: Look(voi=seen.voi, inverted=seen.inverted, state=state)}
    with bench.qtbot.waitSignal(bench.export.exported, timeout=5000):
        bench.export.run(tmp_path / "report.pdf", looks, language="en")
    (reported,) = bench.renderer.document.films
    expected = film_picture(seen.film, voi=seen.voi, inverted=seen.inverted)
    assert np.array_equal(reported.key_image, expected.pixels)
    assert not np.array_equal(film_picture(film, voi=seen.voi).pixels, expected.pixels)
