"""Events and analyses: what must never be lost."""

from __future__ import annotations

from workstation.adapters.store.codec import from_text, to_text
from workstation.adapters.store.connection import Connection
from workstation.core.changes import ChangeSet
from workstation.core.findings import AnalysisResult
from workstation.core.review import ReviewEvent, ReviewState, apply, replay


class ReviewTables:
    """Implements `workstation.core.ports.ReviewStore` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._db = connection.db

    def append(self, event: ReviewEvent) -> ChangeSet:
        """Commit one event; when this returns it is on disk."""
        with self._connection.transaction():
            state = apply(self.state(event.study_uid), event)
            self._db.execute(
                "INSERT INTO event (event_id, study_uid, event) VALUES (?, ?, ?)",
                (event.event_id, event.study_uid, to_text(event)),
            )
            self._db.execute(
                "INSERT OR REPLACE INTO status VALUES (?, ?)",
                (event.study_uid, state.status.value),
            )
            self._db.execute(
                "UPDATE study SET status = ? WHERE uid = ?",
                (state.status.value, event.study_uid),
            )
        return ChangeSet(studies=frozenset({event.study_uid}))

    def events(self, study_uid: str) -> tuple[ReviewEvent, ...]:
        """All events of a study, oldest first."""
        rows = self._connection.rows(
            "SELECT event FROM event WHERE study_uid = ? ORDER BY number", (study_uid,)
        )
        return tuple(from_text(text, ReviewEvent) for (text,) in rows)

    def state(self, study_uid: str) -> ReviewState:
        """The events added up."""
        return replay(study_uid, self.events(study_uid))

    def put_analysis(self, study_uid: str, result: AnalysisResult) -> ChangeSet:
        """Store a result beside the others of that film."""
        with self._connection.transaction():
            above = result.prediction is not None and bool(result.prediction.above)
            self._db.execute(
                "INSERT INTO analysis (study_uid, sop_uid, result, above) VALUES (?, ?, ?, ?)",
                (study_uid, result.sop_uid, to_text(result), above),
            )
            self._db.execute(
                """
                INSERT OR REPLACE INTO reading SELECT ?1,
                    max(CASE WHEN above THEN 2 WHEN result ->> '$.status' = 'analysed' THEN 1 ELSE -1 END)
                FROM analysis WHERE number IN
                    (SELECT max(number) FROM analysis WHERE study_uid = ?1 GROUP BY sop_uid)
                """,
                (study_uid,),
            )
            self._db.execute(
                "UPDATE study SET ai = (SELECT ai FROM reading WHERE study_uid = ?1) WHERE uid = ?1",
                (study_uid,),
            )
        return ChangeSet(studies=frozenset({study_uid}))

    def analyses(self, study_uid: str) -> tuple[AnalysisResult, ...]:
        """The newest result of each film of a study."""
        rows = self._connection.rows(
            """
                SELECT result FROM analysis WHERE number IN
                    (SELECT max(number) FROM analysis WHERE study_uid = ? GROUP BY sop_uid) ORDER BY number
                """,
            (study_uid,),
        )
        return tuple(from_text(text, AnalysisResult) for (text,) in rows)
