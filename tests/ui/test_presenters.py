"""What happens behind the panels, with real lanes and everything else in memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.factories.benches import LI, A, B, Bench
from tests.factories.fakes import (
    FakeScanner,
    FakeStore,
    instance_of,
    loaded,
)
from tests.factories.films import make_analysis, make_film, make_pixels
from workstation.core.errors import ErrorCode
from workstation.core.findings import FindingCode
from workstation.core.jobs import Lane
from workstation.core.ports import Presence, WorklistQuery
from workstation.core.review import (
    AiRevealed,
    Decision,
    ImpressionRecorded,
    ReviewStatus,
    Section,
    Verdict,
)
from workstation.services.indexing import Indexing
from workstation.services.walking import file_of
from workstation.ui.findings.model import FindingsPhase
from workstation.ui.findings.presenter import RevealPolicy
from workstation.ui.worklist.presenter import WorklistPresenter

ACCEPT = Decision(verdict=Verdict.ACCEPTED, code=FindingCode.NODULE)


@pytest.fixture
def made(qtbot):
    benches = []

    def make(**options):
        benches.append(Bench(qtbot, **options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(made):
    return made()


# Requirement 1: when AI results may be seen


def test_nothing_is_seen_before_the_impression_is_stored_and_the_log_has_the_order(bench):
    bench.open(A)
    bench.analysed()
    assert bench.phase is FindingsPhase.HIDDEN
    assert bench.findings.state.rows == ()
    assert bench.findings.overlay is None
    bench.review.record_impression("  something in the right apex ")
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    assert bench.changes() == [ImpressionRecorded, AiRevealed]
    _, first, second = bench.store.log
    assert first.change.after.text == "something in the right apex"
    assert not second.change.without_impression
    assert bench.findings.overlay is not None


def test_the_reader_may_reveal_without_an_impression_and_that_is_logged(bench):
    bench.open(A)
    bench.analysed()
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    assert bench.changes() == [AiRevealed]
    assert bench.store.log[-1].change.without_impression


def test_on_request_an_impression_reveals_nothing(made):
    bench = made(policy=RevealPolicy.ON_REQUEST)
    bench.open(A)
    bench.analysed()
    bench.review.record_impression("")
    bench.settle()
    assert bench.phase is FindingsPhase.HIDDEN
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    assert not bench.store.log[-1].change.without_impression


def test_at_once_reveals_by_itself_but_still_through_the_log(made):
    bench = made(policy=RevealPolicy.AT_ONCE)
    bench.open(A)
    bench.findings.analyse()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    assert bench.changes() == [AiRevealed]


def test_declining_to_give_a_name_reveals_nothing_and_asks_once(made):
    bench = made(policy=RevealPolicy.AT_ONCE)
    bench.actor = None
    bench.open(A)
    bench.analysed()
    bench.settle()
    assert bench.phase is FindingsPhase.HIDDEN
    assert bench.asked == 1
    assert bench.store.log == []
    bench.actor = LI
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)


def test_a_reveal_that_cannot_be_stored_shows_nothing(bench):
    bench.open(A)
    bench.analysed()
    bench.settle()
    bench.store.full = True
    bench.findings.reveal()
    bench.until(lambda: bool(bench.failures))
    bench.settle()
    assert bench.phase is FindingsPhase.HIDDEN
    assert bench.findings.overlay is None


def test_a_stored_result_of_other_pixels_is_not_shown(bench):
    bench.store.results[A, f"{A}.1.1"] = make_analysis(sop_uid=f"{A}.1.1")
    bench.open(A)
    assert bench.phase is FindingsPhase.NOT_ANALYSED


def test_a_stored_result_of_the_same_pixels_is_found_again_but_stays_hidden(bench):
    film = bench.reader.films[Path("/films/1.dcm")]
    result = make_analysis(sop_uid=f"{A}.1.1", content_sha256=film.content_sha256)
    bench.store.results[A, result.sop_uid] = result
    bench.open(A)
    assert bench.phase is FindingsPhase.HIDDEN
    assert bench.model.started.is_set() is False


# Requirement 2 and the evidence


def revealed(bench):
    bench.open(A)
    bench.analysed()
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)


def test_one_command_takes_every_mark_away_and_brings_it_back(bench):
    revealed(bench)
    bench.findings.toggle_evidence()
    assert bench.findings.overlay is None
    assert bench.findings.state.rows  # scores stay in the panel
    bench.findings.toggle_evidence()
    assert bench.findings.overlay.evidence.code is FindingCode.NODULE


def test_marks_taken_away_are_there_again_in_the_next_study(bench):
    revealed(bench)
    bench.findings.toggle_evidence()
    bench.open(B)
    assert bench.findings.state.evidence_shown
    bench.open(A)
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    assert bench.findings.overlay.evidence.code is FindingCode.NODULE


def test_below_threshold_there_is_evidence_only_when_asked_for(bench):
    revealed(bench)
    bench.findings.select(FindingCode.EFFUSION)
    assert bench.findings.overlay is None
    bench.findings.ask_evidence(FindingCode.EFFUSION)
    assert bench.findings.overlay.evidence.code is FindingCode.EFFUSION
    bench.findings.step()
    assert bench.findings.overlay.evidence.code is FindingCode.NODULE


def test_rows_above_threshold_come_first(bench):
    revealed(bench)
    codes = [row.score.code for row in bench.findings.state.rows]
    assert codes == [FindingCode.NODULE, FindingCode.EFFUSION]


# Requirement 11: late results


def test_a_late_result_is_stored_for_its_own_study_and_never_shown_on_another(bench):
    bench.open(A)
    bench.model.gate.clear()
    bench.findings.analyse()
    bench.until(bench.model.started.is_set)
    bench.open(B)
    bench.findings.reveal()
    bench.settle()
    bench.seen.clear()
    bench.model.gate.set()
    bench.until(lambda: (A, f"{A}.1.1") in bench.store.results)
    bench.settle()
    assert set(bench.seen) <= {FindingsPhase.NOT_ANALYSED}
    assert bench.findings.overlay is None
    assert bench.record.analyses == {}
    bench.open(A)
    assert bench.phase is FindingsPhase.HIDDEN


def test_a_result_that_is_being_stored_is_not_lost_to_an_older_look_at_the_store(bench):
    bench.open(A)
    held, free = threading.Event(), threading.Event()

    def hold(_context):
        held.set()
        assert free.wait(10)

    bench.lanes.submit(Lane.STORE, hold, done=lambda _: None)
    assert held.wait(10)
    bench.review.record_impression("")  # its look at the store comes before the result's turn
    bench.analysed()
    free.set()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    bench.seen.clear()
    bench.settle()
    assert FindingsPhase.NOT_ANALYSED not in bench.seen


def test_a_late_film_never_reaches_another_study(bench):
    shown = []
    bench.desk.film_shown.connect(lambda film: shown.append(film.instance.study_uid))
    bench.reader.gate.clear()
    bench.desk.open_study(A)
    bench.desk.open_study(B)
    bench.reader.gate.set()
    bench.until(lambda: bench.desk.film is not None)
    bench.settle()
    assert shown == [B]


def test_a_word_given_while_another_study_came_up_stays_with_its_own(bench):
    bench.open(A)
    bench.while_asking = lambda: bench.desk.open_study(B)  # a scan may open one meanwhile
    bench.review.write(Section.FINDINGS, "of A")
    bench.settle()
    assert [event.study_uid for event in bench.store.log] == [A, A]


# Stopping, failing, refusing


def test_stop_ends_an_analysis_within_a_second(bench):
    bench.open(A)
    bench.model.gate.clear()
    bench.findings.analyse()
    bench.until(bench.model.started.is_set)
    bench.findings.stop()
    start = time.monotonic()
    bench.model.gate.set()  # a forward pass ends, and the next stage is not begun
    bench.until(lambda: bench.phase is FindingsPhase.NOT_ANALYSED)
    assert time.monotonic() - start < 1.0
    assert bench.store.results == {}
    bench.analysed()
    assert bench.phase is FindingsPhase.HIDDEN


def test_a_failure_differs_from_a_refusal_and_is_not_kept(bench):
    bench.open(A)
    bench.model.error = RuntimeError("no memory")
    bench.analysed()
    assert bench.phase is FindingsPhase.FAILED
    assert bench.findings.state.reason.code is ErrorCode.ANALYSIS_FAILED
    bench.settle()
    assert bench.store.results == {}
    bench.model.error = None
    bench.analysed()
    assert bench.phase is FindingsPhase.HIDDEN


def test_a_refusal_has_a_reason_needs_no_reveal_and_is_kept(bench):
    bench.put(Path("/films/3.dcm"), instance_of(3, view_position="LL"))
    bench.open("1.2.3")
    bench.analysed()
    assert bench.phase is FindingsPhase.REFUSED
    assert bench.findings.state.reason.code is ErrorCode.NOT_FRONTAL
    bench.settle()
    assert bench.store.log == []
    assert len(bench.store.results) == 1


# The reader's words


def test_a_draft_survives_and_is_forgotten_once_committed(made):
    store = FakeStore()
    first = made(store=store)
    first.open(A)
    first.review.draft(Section.FINDINGS, "half a sent")
    first.review.draft_impression("apex?")
    first.settle()
    second = made(store=store)
    second.open(A)
    assert second.review.state.drafts == {Section.FINDINGS: "half a sent"}
    assert second.review.state.impression_draft == "apex?"
    second.review.write(Section.FINDINGS, "half a sent")
    second.review.record_impression("apex")
    second.settle()
    assert second.review.state.drafts == {}
    assert second.review.state.impression_draft == ""
    assert second.review.state.texts[Section.FINDINGS] == "half a sent"
    assert not any(store.values.values())


def test_what_is_committed_on_leaving_a_study_is_no_draft_when_it_comes_back(bench):
    bench.open(A)
    bench.review.draft(Section.FINDINGS, "done")
    bench.review.write(Section.FINDINGS, "done")
    bench.open(B)
    bench.settle()
    bench.open(A)
    assert bench.review.state.drafts == {}
    assert bench.review.state.texts[Section.FINDINGS] == "done"


def test_what_is_typed_while_a_commit_is_on_its_way_stays_a_draft(bench):
    bench.open(A)
    bench.review.draft(Section.FINDINGS, "one")
    bench.review.write(Section.FINDINGS, "one")
    bench.review.draft(Section.FINDINGS, "one two")
    bench.settle()
    assert bench.review.state.texts[Section.FINDINGS] == "one"
    assert bench.review.state.drafts == {Section.FINDINGS: "one two"}


def test_a_failed_save_is_said_and_the_draft_kept(bench):
    bench.open(A)
    bench.review.draft(Section.IMPRESSION, "a nodule")
    bench.settle()
    bench.store.full = True
    bench.review.write(Section.IMPRESSION, "a nodule")
    bench.until(lambda: bench.review.state.save_failed is not None)
    bench.settle()
    assert bench.review.state.save_failed.code is ErrorCode.DISK_FULL
    assert bench.review.state.saved_at is None
    assert bench.review.state.drafts == {Section.IMPRESSION: "a nodule"}
    assert bench.review.state.texts == {}
    bench.store.full = False
    bench.review.write(Section.IMPRESSION, "a nodule")
    bench.until(lambda: bench.review.state.saved_at is not None)
    assert bench.review.state.save_failed is None


def test_a_failure_is_said_until_that_very_thing_is_stored(bench):
    bench.open(A)
    bench.store.full = True
    bench.review.write(Section.FINDINGS, "a nodule")
    bench.until(lambda: bench.review.state.save_failed is not None)
    bench.store.full = False
    bench.review.write(Section.IMPRESSION, "nodule")
    bench.settle()
    assert bench.review.state.texts == {Section.IMPRESSION: "nodule"}
    assert bench.review.state.save_failed.code is ErrorCode.DISK_FULL
    bench.review.write(Section.FINDINGS, "a nodule")
    bench.settle()
    assert bench.review.state.save_failed is None


def test_a_failure_is_over_when_the_text_is_typed_back_to_what_is_stored(bench):
    bench.open(A)
    bench.store.full = True
    bench.review.write(Section.FINDINGS, "a nodule")
    bench.until(lambda: bench.review.state.save_failed is not None)
    bench.store.full = False
    bench.review.draft(Section.FINDINGS, "")
    bench.settle()
    assert bench.review.state.save_failed is None


def test_a_draft_that_cannot_be_kept_is_said_of_its_own_study_only(bench):
    bench.open(A)
    bench.store.full = True
    bench.review.draft(Section.FINDINGS, "a nod")
    bench.until(lambda: bench.review.state.save_failed is not None)
    bench.store.full = False
    bench.review.draft(Section.FINDINGS, "a nodule")
    bench.settle()
    assert bench.review.state.save_failed is None
    bench.store.full = True
    bench.review.draft(Section.FINDINGS, "a nodule on")
    bench.open(B)
    bench.settle()
    assert bench.review.state.save_failed is None


def test_text_that_nobody_puts_a_name_to_is_kept_as_a_draft(made):
    bench = made()
    bench.open(A)
    bench.actor = None
    bench.review.write(Section.FINDINGS, "a nodule")
    bench.settle()
    assert bench.store.log == []
    again = made(store=bench.store)
    again.open(A)
    assert again.review.state.drafts == {Section.FINDINGS: "a nodule"}


def test_undo_and_redo_by_events(bench):
    bench.open(A)
    bench.review.write(Section.FINDINGS, "one")
    bench.review.write(Section.FINDINGS, "two")
    bench.settle()
    bench.review.undo()
    bench.settle()
    assert bench.review.state.texts[Section.FINDINGS] == "one"
    assert bench.review.state.redo is not None
    bench.review.redo()
    bench.settle()
    assert bench.review.state.texts[Section.FINDINGS] == "two"
    assert len(bench.changes()) == 4


def test_a_study_is_reviewed_only_when_every_finding_has_its_word(bench):
    revealed(bench)
    bench.review.record_impression("")
    bench.review.mark_reviewed()
    bench.until(lambda: bool(bench.failures))
    assert bench.failures[0].code is ErrorCode.REVIEW_UNDECIDED
    bench.findings.decide(FindingCode.NODULE, ACCEPT)
    bench.settle()
    assert [r.code for r in bench.review.state.blocks] == [ErrorCode.REVIEW_NO_TEXT]
    bench.review.write(Section.IMPRESSION, "Nodule.")
    bench.settle()
    assert bench.review.state.blocks == ()
    bench.review.mark_reviewed()
    bench.until(lambda: bench.review.state.status is ReviewStatus.REVIEWED)
    assert not bench.findings.state.editable
    assert bench.review.state.reviewer == LI
    bench.review.reopen()
    bench.until(lambda: bench.review.state.editable)


# The worklist


class Lists:
    """A worklist presenter over a made folder."""

    def __init__(self, bench, root):
        self.bench, self.root = bench, root
        bench.index.kept.clear()
        self.before = lambda _path: None
        self.scanner = FakeScanner({}, before=self._before)
        self.presenter = WorklistPresenter(
            lanes=bench.lanes,
            desk=bench.desk,
            index=bench.index,
            session=bench.store,
            saved_session=bench.store,
            indexing=Indexing(self.scanner, bench.index),
            reader=bench.reader,
        )
        self.summaries, self.failures = [], []
        self.presenter.summary_ready.connect(self.summaries.append)
        self.presenter.scan_failed.connect(self.failures.append)

    def add(self, name, study):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        instance = instance_of(study)
        self.scanner.films[path] = instance
        self.bench.reader.films[path] = make_film(make_pixels(seed=study), instance=instance)
        return path

    def _before(self, path):
        self.before(path)

    def ended(self, count=1):
        self.bench.until(lambda: len(self.summaries) + len(self.failures) == count)


@pytest.fixture
def lists(bench, tmp_path):
    made = Lists(bench, tmp_path / "films")
    yield made
    made.presenter.close()


def test_the_first_film_is_on_screen_while_the_scan_goes_on(lists):
    bench = lists.bench
    paths = [lists.add(f"{n:02}.dcm", n) for n in range(1, 21)]
    free = threading.Event()
    lists.before = lambda path: path == paths[10] and free.wait(10)
    lists.presenter.scan([lists.root])
    bench.until(lambda: bench.desk.film is not None)
    assert bench.desk.study.study_uid == A
    assert not lists.summaries
    assert lists.presenter.count() == 8
    free.set()
    lists.ended()
    assert lists.presenter.count() == 20
    assert lists.summaries[0].loaded == 20
    assert bench.desk.study.study_uid == A


def test_an_unchanged_folder_opens_its_first_film_without_reading_headers(lists):
    lists.add("a.dcm", 1)
    lists.presenter.scan([lists.root])
    lists.ended()
    lists.bench.desk.close_study()
    lists.scanner.seen.clear()
    lists.presenter.scan([lists.root])
    lists.ended(2)
    lists.bench.until(lambda: lists.bench.desk.film is not None)
    assert lists.scanner.seen == []


def test_whether_files_can_be_reached_is_asked_off_the_window_and_told_afterwards(
    lists, monkeypatch
):
    lists.add("a.dcm", 1)
    lists.presenter.scan([lists.root])
    lists.ended()
    lists.bench.until(lambda: lists.bench.desk.film is not None)
    (lists.root / "a.dcm").unlink()
    drive, threads = threading.Event(), set()

    def slow(path):  # a drive that does not answer
        threads.add(threading.current_thread())
        assert drive.wait(10)
        return file_of(path)

    monkeypatch.setattr("workstation.services.presence.file_of", slow)

    def presence():
        return lists.presenter.fetch(0, 9)[0].presence

    assert presence() is Presence.HERE
    with lists.bench.qtbot.waitSignal(lists.presenter.rows_changed):
        drive.set()
    assert presence() is Presence.FILE_GONE
    lists.bench.until(lambda: not lists.presenter._is_looking)
    assert threading.main_thread() not in threads
    lists.add("a.dcm", 1)
    with lists.bench.qtbot.waitSignal(lists.presenter.rows_changed):
        presence()
    assert presence() is Presence.HERE
    lists.bench.until(lambda: not lists.presenter._is_looking)


def test_a_dropped_folder_is_not_looked_at_by_the_window(lists, monkeypatch):
    lists.add("a.dcm", 1)
    is_dir, threads = Path.is_dir, set()

    def watched(path):
        threads.add(threading.current_thread())
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", watched)
    lists.presenter.scan([lists.root])
    lists.ended()
    assert lists.presenter.recent == (lists.root,)
    assert threading.main_thread() not in threads


def test_a_second_folder_waits_for_the_first_and_the_summary_holds_both(lists):
    first, second = lists.add("one/a.dcm", 1), lists.add("two/b.dcm", 2)
    (second.parent / "notes.txt").write_text("x")
    free = threading.Event()
    lists.before = lambda path: path == first and free.wait(10)
    lists.presenter.scan([first.parent])
    lists.presenter.scan([second.parent])
    free.set()
    lists.ended(2)
    whole = lists.summaries[-1]
    assert (whole.loaded, whole.skipped, whole.files) == (2, 1, 3)
    assert whole.root == lists.root
    assert lists.presenter.recent == (second.parent, first.parent)


def held_scan(lists, path):
    """Hold a scan before `path` until the event is set."""
    free = threading.Event()
    lists.before = lambda seen: seen == path and free.wait(10)
    return free


def test_of_two_folders_the_one_chosen_last_stays_on_screen(lists):
    paths = [lists.add(f"one/{n:02}.dcm", n) for n in range(1, 13)]
    second = lists.add("two/b.dcm", 50)
    free = held_scan(lists, paths[10])
    opened = []
    lists.bench.desk.study_opened.connect(lambda study: opened.append(study.study_uid))
    lists.presenter.scan([paths[0].parent])
    lists.bench.until(lambda: opened == [A])
    lists.presenter.scan([second.parent])
    free.set()
    lists.ended(2)
    assert opened == [A, "1.2.50"]


def test_a_study_that_the_reader_opens_is_not_replaced_by_a_scan_chosen_before(lists):
    bench = lists.bench
    paths = [lists.add(f"one/{n:02}.dcm", n) for n in range(1, 13)]
    second = lists.add("two/b.dcm", 50)
    free = held_scan(lists, paths[10])
    lists.presenter.scan([paths[0].parent])
    lists.presenter.scan([second.parent])
    bench.until(lambda: bench.desk.study is not None)
    bench.desk.open_study(B)
    free.set()
    lists.ended(2)
    assert bench.desk.study.study_uid == B


def test_what_another_start_hands_over_is_opened_on_an_empty_desk_alone(lists):
    bench = lists.bench
    first, second = lists.add("one/a.dcm", 1), lists.add("two/b.dcm", 2)
    lists.presenter.scan([first.parent], chosen=False)
    lists.ended()
    assert bench.desk.study.study_uid == A
    lists.presenter.scan([second.parent], chosen=False)
    lists.ended(2)
    lists.presenter.scan([second.parent], chosen=False)  # known by now
    lists.ended(3)
    assert bench.desk.study.study_uid == A


def test_of_files_dropped_together_the_first_is_on_screen(lists):
    paths = [lists.add(f"{n}.dcm", n) for n in (1, 2)]
    lists.presenter.scan([lists.add("0.dcm", 9)])
    lists.ended()
    lists.presenter.scan(paths)
    lists.ended(3)
    assert lists.bench.desk.study.study_uid == A


def test_stopping_keeps_what_was_read_and_forgets_what_waits(lists):
    paths = [lists.add(f"one/{n:02}.dcm", n) for n in range(1, 31)]
    other = lists.add("two/x.dcm", 99)
    free = threading.Event()
    lists.before = lambda path: path == paths[12] and free.wait(10)
    lists.presenter.scan([paths[0].parent, other.parent])
    lists.bench.until(lambda: paths[11] in lists.scanner.seen)
    lists.presenter.stop_scan()
    free.set()
    lists.ended()
    assert lists.summaries[0].cancelled
    assert lists.presenter.count() == 13
    lists.bench.settle()
    assert other not in lists.scanner.seen


def test_an_empty_folder_is_said_and_the_next_one_scanned(lists):
    empty = lists.root / "empty"
    empty.mkdir(parents=True)
    lists.add("full/a.dcm", 1)
    lists.presenter.scan([empty, lists.root / "full"])
    lists.ended(2)
    assert lists.failures[0].code is ErrorCode.FOLDER_EMPTY
    assert lists.summaries[0].loaded == 1


def test_the_last_session_comes_back(lists):
    bench = lists.bench
    lists.add("a.dcm", 1)
    lists.presenter.scan([lists.root])
    lists.ended()
    bench.until(lambda: bench.desk.film is not None)
    bench.settle()
    bench.desk.study = bench.desk.film = None
    recent = []
    lists.presenter.recent_changed.connect(recent.append)
    lists.presenter.restore(open_study=True)
    bench.until(lambda: bench.desk.film is not None)
    assert bench.desk.study.study_uid == A
    assert recent == [(lists.root,)]


def test_searching_asks_the_index_again(lists):
    bench = lists.bench
    bench.index.add([loaded(Path(f"/f/{n}"), instance_of(n)) for n in range(10, 30)])
    with bench.qtbot.waitSignal(lists.presenter.rows_changed):
        lists.presenter.search(WorklistQuery(text="1.2.2"))
    assert lists.presenter.count() == 10
    assert [r.study.study_uid for r in lists.presenter.fetch(2, 2)] == ["1.2.22", "1.2.23"]


def test_a_thumbnail_is_of_the_file_as_it_is(lists):
    bench, pictures = lists.bench, []
    lists.presenter.thumbnail_ready.connect(lambda _uid, picture: pictures.append(picture))
    lists.add("a.dcm", 1)
    lists.presenter.scan([lists.root])
    lists.ended()
    bench.until(lambda: bench.desk.film is not None)
    lists.presenter.request_thumbnail(f"{A}.1.1")
    bench.until(lambda: len(pictures) == 1)
    ((instance, path),) = bench.desk.study.instances
    bench.reader.films[path] = make_film(make_pixels(seed=77), instance=instance)
    bench.index.add([loaded(path, instance, size=2)])
    bench.desk.refresh_study()
    lists.presenter.request_thumbnail(f"{A}.1.1")
    bench.until(lambda: len(pictures) == 2)
    assert (pictures[0] != pictures[1]).any()


def test_a_thumbnail_is_drawn_once_and_kept(lists):
    bench = lists.bench
    lists.add("a.dcm", 1)
    lists.presenter.scan([lists.root])
    lists.ended()
    bench.until(lambda: bench.desk.film is not None)
    reads, pictures = bench.reader.reads, []
    lists.presenter.thumbnail_ready.connect(
        lambda uid, picture: pictures.append((uid, picture))
    )
    for _ in range(3):
        lists.presenter.request_thumbnail(f"{A}.1.1")
    bench.until(lambda: bool(pictures))
    bench.settle()
    assert bench.reader.reads == reads + 1
    assert set(bench.store.thumbnails) == set(bench.desk.study.stamps)
    lists.presenter.request_thumbnail(f"{A}.1.1")
    assert len(pictures) == 2
    assert bench.reader.reads == reads + 1


def test_the_selected_finding_is_accepted_by_key_and_once_more_takes_it_back(bench):
    bench.open(A)
    bench.analysed()
    bench.findings.pass_verdict(Verdict.ACCEPTED)
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    bench.findings.select(FindingCode.NODULE)
    bench.findings.pass_verdict(Verdict.ACCEPTED)
    bench.until(
        lambda: bench.record.state.decisions == {(f"{A}.1.1", FindingCode.NODULE): ACCEPT}
    )
    bench.findings.pass_verdict(Verdict.ACCEPTED)
    bench.until(lambda: bench.record.state.decisions == {})
    bench.findings.select(FindingCode.EFFUSION)  # not above threshold
    bench.findings.pass_verdict(Verdict.REJECTED)
    bench.settle()
    assert bench.record.state.decisions == {}
