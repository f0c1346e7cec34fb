"""The library's tables, as numbered migrations. The index part is a cache of the files; reviews are events."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE file (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        outcome TEXT NOT NULL, reason TEXT, instance INTEGER REFERENCES instance(id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX file_instance ON file(instance);
    CREATE TABLE study (
        uid TEXT PRIMARY KEY, patient_name TEXT NOT NULL, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        birth_date TEXT NOT NULL, sort_name TEXT NOT NULL, search TEXT NOT NULL, study_date TEXT NOT NULL,
        accession TEXT NOT NULL, modality TEXT NOT NULL, modalities TEXT NOT NULL, images INTEGER NOT NULL,
        added INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX study_date ON study(study_date, uid);
    CREATE INDEX study_name ON study(sort_name, uid);
    CREATE INDEX study_patient ON study(patient_id, uid);
    CREATE INDEX study_accession ON study(accession, uid);
    CREATE INDEX study_modality ON study(modality, uid);
    CREATE INDEX study_added ON study(added, uid);
    CREATE TABLE instance (
        id INTEGER PRIMARY KEY, sop_uid TEXT NOT NULL, study_uid TEXT NOT NULL, series_uid TEXT NOT NULL,
        modality TEXT NOT NULL, size INTEGER NOT NULL, header TEXT NOT NULL
    ) STRICT;
    CREATE INDEX instance_study ON instance(study_uid);
    CREATE INDEX instance_sop ON instance(sop_uid);
    CREATE TABLE event (
        number INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, study_uid TEXT NOT NULL, event TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_study ON event(study_uid, number);
    CREATE TRIGGER event_is_final BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are final'); END;
    CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events stay'); END;
    CREATE TABLE status (study_uid TEXT PRIMARY KEY, status TEXT NOT NULL) STRICT;
    CREATE TABLE analysis (
        number INTEGER PRIMARY KEY, study_uid TEXT NOT NULL, sop_uid TEXT NOT NULL, result TEXT NOT NULL
    ) STRICT;
    CREATE INDEX analysis_study ON analysis(study_uid, number);
    CREATE TABLE session (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE thumbnail (
        sop_uid TEXT PRIMARY KEY, rows INTEGER NOT NULL, columns INTEGER NOT NULL, grey BLOB NOT NULL
    ) STRICT;
    """,
    # Twins are compared by their bytes.
    "ALTER TABLE instance DROP COLUMN size;",
    # The list is sorted by state along an index; a study of several patients names them all (a JSON array of them, else empty).
    """
    ALTER TABLE study ADD COLUMN status TEXT NOT NULL DEFAULT 'new';
    UPDATE study SET status = status.status FROM status WHERE status.study_uid = study.uid;
    CREATE INDEX study_status ON study(status, uid);
    ALTER TABLE study ADD COLUMN patients TEXT NOT NULL DEFAULT '';
    UPDATE study SET patients = found.patients, search = search || char(10) || lower(found.patients) FROM (
        SELECT study_uid, json_group_array(DISTINCT header -> '$.patient') AS patients FROM instance
        GROUP BY study_uid HAVING count(DISTINCT header -> '$.patient') > 1
    ) AS found WHERE found.study_uid = study.uid;
    ALTER TABLE study DROP COLUMN patient_name;
    ALTER TABLE study DROP COLUMN birth_date;
    """,
    # Where films come from; who a study's patient is, for others under the same ID; and how far the AI is with a study:
    # 0 not read, 1 read, 2 something is above its threshold.
    """
    CREATE TABLE place (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO place SELECT recent.value FROM session, json_each(session.value) AS recent
        WHERE session.key = 'recent';
    ALTER TABLE study ADD COLUMN patient TEXT NOT NULL DEFAULT '';
    UPDATE study SET patient = found.patient FROM
        (SELECT study_uid, header -> '$.patient' AS patient, min(id) FROM instance GROUP BY study_uid) AS found
        WHERE found.study_uid = study.uid;
    CREATE INDEX study_identity ON study(patient_id, issuer, patient);
    ALTER TABLE analysis ADD COLUMN above INTEGER NOT NULL DEFAULT 0;
    UPDATE analysis SET above = EXISTS (SELECT 1 FROM json_each(result, '$.prediction.scores') AS score
        WHERE score.value ->> '$.probability' >= score.value ->> '$.threshold');
    CREATE TABLE reading (study_uid TEXT PRIMARY KEY, ai INTEGER NOT NULL) STRICT;
    INSERT INTO reading SELECT study_uid, 1 + max(above) FROM analysis WHERE number IN
        (SELECT max(number) FROM analysis GROUP BY study_uid, sop_uid) GROUP BY study_uid;
    ALTER TABLE study ADD COLUMN ai INTEGER NOT NULL DEFAULT 0;
    UPDATE study SET ai = reading.ai FROM reading WHERE reading.study_uid = study.uid;
    -- Filters are answered along the index of the order, without a jump to the table for every study.
    DROP INDEX study_date;
    CREATE INDEX study_date ON study(study_date, uid, status, ai, modalities);
    DROP INDEX study_name;
    CREATE INDEX study_name ON study(sort_name, uid, status, ai, modalities, study_date);
    DROP INDEX study_patient;
    CREATE INDEX study_patient ON study(patient_id, uid, status, ai, modalities, study_date);
    DROP INDEX study_accession;
    CREATE INDEX study_accession ON study(accession, uid, status, ai, modalities, study_date);
    DROP INDEX study_modality;
    CREATE INDEX study_modality ON study(modality, uid, status, ai, modalities, study_date);
    DROP INDEX study_status;
    CREATE INDEX study_status ON study(status, uid, ai, modalities, study_date);
    DROP INDEX study_added;
    CREATE INDEX study_added ON study(added, uid, status, ai, modalities, study_date);
    """,
    # A small picture is of a file as it was, not of an identifier: a file may be replaced by another one under the same.
    """
    DROP TABLE thumbnail;
    CREATE TABLE thumbnail (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        rows INTEGER NOT NULL, columns INTEGER NOT NULL, grey BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    # A study is read once a film of it has a score; -1: the AI was asked and gave none.
    """
    UPDATE reading SET ai = -1 WHERE ai = 1 AND NOT EXISTS (SELECT 1 FROM analysis
        WHERE analysis.study_uid = reading.study_uid AND result ->> '$.status' = 'analysed' AND number IN
        (SELECT max(number) FROM analysis WHERE analysis.study_uid = reading.study_uid GROUP BY sop_uid));
    UPDATE study SET ai = -1 WHERE ai = 1 AND uid IN (SELECT study_uid FROM reading WHERE ai = -1);
    """,
    # Every frame of an object is an image.
    """
    UPDATE study SET images = images + frames - objects FROM (
        SELECT study_uid, count(*) AS objects, sum(header ->> '$.frames') AS frames FROM instance
        WHERE header ->> '$.frames' > 1 GROUP BY study_uid
    ) WHERE study_uid = uid;
    """,
)
"""`MIGRATIONS[n]` brings a library of version n to version n + 1."""
