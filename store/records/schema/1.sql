-- SPDX-License-Identifier: Apache-2.0
-- 1.sql - from an empty file to version 1; store/FORMAT.md tells what is in it
--
-- Times are wall clock, milliseconds since 1970. States, reasons and outcomes are
-- the numbers of states.h; the table `word` has their names. Digests are 32 bytes.
-- Rows that change often (run, step) are narrow, have no index on what changes, and
-- leave what is written once to tables beside them.

CREATE TABLE server (
	id    INTEGER PRIMARY KEY CHECK (id = 1),
	epoch INTEGER NOT NULL,
	key   BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

CREATE TABLE word (
	kind   TEXT NOT NULL,
	number INTEGER NOT NULL,
	name   TEXT NOT NULL,
	PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
	digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
	kind   TEXT NOT NULL,
	text   TEXT NOT NULL
) STRICT;

CREATE TABLE git_blob (
	oid    BLOB NOT NULL PRIMARY KEY CHECK (length(oid) = 20),
	digest BLOB NOT NULL CHECK (length(digest) = 32),
	size   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source_tree (
	list BLOB NOT NULL PRIMARY KEY CHECK (length(list) = 32),
	tree BLOB NOT NULL CHECK (length(tree) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE worker (
	id           INTEGER PRIMARY KEY,
	name         TEXT NOT NULL,
	pool         TEXT,
	session      BLOB NOT NULL CHECK (length(session) = 16),
	is_connected INTEGER NOT NULL,
	pid          INTEGER NOT NULL,
	slots        INTEGER NOT NULL,
	resources    TEXT,
	labels       TEXT,
	profile      TEXT,
	seen_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
	id               INTEGER PRIMARY KEY,
	state            INTEGER NOT NULL,
	reason           INTEGER NOT NULL,
	cancel_requested INTEGER NOT NULL,
	steps_done       INTEGER NOT NULL,
	steps_cached     INTEGER NOT NULL,
	steps_failed     INTEGER NOT NULL,
	started_at       INTEGER,
	finished_at      INTEGER,
	message          TEXT,
	collected_at     INTEGER,
	steps            INTEGER NOT NULL,
	created_at       INTEGER NOT NULL,
	pipeline         TEXT NOT NULL,
	repository       TEXT NOT NULL,
	commit_id        TEXT NOT NULL,
	ref              TEXT NOT NULL,
	branch           TEXT NOT NULL,
	trigger          TEXT NOT NULL,
	plan             BLOB NOT NULL CHECK (length(plan) = 32)
) STRICT;

CREATE INDEX run_by_pipeline ON run (pipeline);
-- What a start has to read: queued and running.
CREATE INDEX run_live ON run (id) WHERE state < 2;

CREATE TABLE param (
	run_id INTEGER NOT NULL REFERENCES run,
	name   TEXT NOT NULL,
	value  TEXT NOT NULL,
	PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_document (
	run_id INTEGER NOT NULL REFERENCES run,
	name   TEXT NOT NULL,
	digest BLOB NOT NULL REFERENCES document,
	PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

-- id = run << 24 | index in the plan.
CREATE TABLE step (
	id          INTEGER PRIMARY KEY,
	state       INTEGER NOT NULL,
	reason      INTEGER NOT NULL,
	fence       INTEGER NOT NULL,
	attempt     INTEGER NOT NULL,
	tries_left  INTEGER NOT NULL,
	failures    INTEGER NOT NULL,
	lost        INTEGER NOT NULL,
	worker_id   INTEGER,
	exit_code   INTEGER,
	started_at  INTEGER,
	finished_at INTEGER,
	cached_from INTEGER
) STRICT;

CREATE TABLE step_spec (
	step_id INTEGER PRIMARY KEY,
	name    TEXT NOT NULL,
	job     TEXT NOT NULL,
	kind    TEXT,
	matrix  TEXT,
	demand  TEXT
) STRICT;

CREATE TABLE step_message (
	step_id INTEGER PRIMARY KEY,
	message TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
	step_id     INTEGER NOT NULL,
	fence       INTEGER NOT NULL,
	number      INTEGER NOT NULL,
	worker_id   INTEGER,
	session     BLOB,
	gpus        INTEGER,
	state       INTEGER NOT NULL,
	outcome     INTEGER,
	reason      INTEGER NOT NULL,
	exit_code   INTEGER,
	signal      INTEGER,
	started_at  INTEGER,
	finished_at INTEGER,
	run_us      INTEGER,
	cpu_user_us INTEGER,
	cpu_sys_us  INTEGER,
	peak_memory INTEGER,
	log_bytes   INTEGER,
	body        BLOB,
	profile     TEXT,
	message     TEXT,
	PRIMARY KEY (step_id, fence)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attempt_ends_once BEFORE UPDATE ON attempt WHEN old.state >= 2
BEGIN
	SELECT raise(ABORT, 'an attempt that has ended does not change');
END;

CREATE TABLE result (
	step_id INTEGER PRIMARY KEY,
	fence   INTEGER NOT NULL,
	outcome INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	FOREIGN KEY (step_id, fence) REFERENCES attempt
) STRICT;

-- The second barrier behind the scheduler's own: no result under a fence that is over.
CREATE TRIGGER result_is_fenced BEFORE INSERT ON result
WHEN NOT EXISTS (SELECT 1 FROM step WHERE id = new.step_id AND fence = new.fence)
BEGIN
	SELECT raise(ABORT, 'a result under a fence that is not its step''s');
END;

CREATE TRIGGER result_stays BEFORE UPDATE ON result
BEGIN
	SELECT raise(ABORT, 'a result does not change');
END;

CREATE TABLE output (
	step_id INTEGER NOT NULL REFERENCES result,
	name    TEXT NOT NULL,
	digest  BLOB NOT NULL CHECK (length(digest) = 32),
	is_tree INTEGER NOT NULL,
	size    INTEGER NOT NULL,
	files   INTEGER NOT NULL,
	path    TEXT,
	type    TEXT,
	PRIMARY KEY (step_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX output_by_digest ON output (digest);

CREATE TRIGGER output_stays BEFORE UPDATE ON output
BEGIN
	SELECT raise(ABORT, 'an output does not change');
END;

CREATE TABLE metric (
	step_id INTEGER NOT NULL REFERENCES result,
	name    TEXT NOT NULL,
	value   REAL NOT NULL,
	PRIMARY KEY (step_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE step_key (
	step_id INTEGER PRIMARY KEY,
	digest  BLOB,
	text    TEXT,
	sources BLOB,
	params  TEXT
) STRICT;

CREATE TABLE input (
	step_id     INTEGER NOT NULL,
	name        TEXT NOT NULL,
	part        INTEGER NOT NULL,
	digest      BLOB NOT NULL CHECK (length(digest) = 32),
	is_tree     INTEGER NOT NULL,
	from_step   INTEGER,
	from_output TEXT,
	address     TEXT,
	PRIMARY KEY (step_id, name, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX input_by_digest ON input (digest);

-- key: the first 8 bytes of the digest, big-endian. The whole digest is in the
-- step_key of the step; where two keys share 8 bytes the later one is found.
CREATE TABLE cache (
	key     INTEGER PRIMARY KEY,
	step_id INTEGER NOT NULL REFERENCES result
) STRICT;

-- points: see points.h. A part holds some hundred points.
CREATE TABLE metric_part (
	id         INTEGER PRIMARY KEY,
	step_id    INTEGER NOT NULL,
	fence      INTEGER NOT NULL,
	series     TEXT NOT NULL,
	part       INTEGER NOT NULL,
	count      INTEGER NOT NULL,
	points     BLOB NOT NULL,
	UNIQUE (step_id, fence, series, part)
) STRICT;

CREATE TABLE artifact_version (
	name    TEXT NOT NULL,
	version INTEGER NOT NULL,
	step_id INTEGER NOT NULL,
	output  TEXT NOT NULL,
	digest  BLOB NOT NULL CHECK (length(digest) = 32),
	at      INTEGER NOT NULL,
	PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_version_by_digest ON artifact_version (digest);

CREATE TABLE model_version (
	model   TEXT NOT NULL,
	version INTEGER NOT NULL,
	step_id INTEGER NOT NULL,
	output  TEXT NOT NULL,
	digest  BLOB NOT NULL CHECK (length(digest) = 32),
	at      INTEGER NOT NULL,
	PRIMARY KEY (model, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX model_version_by_digest ON model_version (digest);

CREATE TABLE event (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	run_id  INTEGER,
	step_id INTEGER,
	kind    TEXT NOT NULL,
	detail  TEXT
) STRICT;

-- The views are what `ingot sql` is for: names instead of numbers, text instead
-- of milliseconds. A cached step shows what the step gave that it is cached from.

CREATE VIEW runs AS SELECT
	id,
	pipeline,
	(SELECT name FROM word WHERE kind = 'run_state' AND number = state) AS state,
	(SELECT nullif(name, '') FROM word WHERE kind = 'reason' AND number = reason) AS reason,
	message,
	repository,
	commit_id,
	ref,
	branch,
	trigger,
	steps,
	steps_done,
	steps_cached,
	steps_failed,
	strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', finished_at / 1000.0, 'unixepoch') AS finished_at,
	(finished_at - started_at) / 1000.0 AS duration
FROM run;

CREATE VIEW steps AS SELECT
	s.id >> 24 AS run,
	spec.name AS step,
	spec.job AS job,
	spec.kind AS kind,
	spec.matrix AS matrix,
	(SELECT name FROM word WHERE kind = 'step_state' AND number = s.state) AS state,
	(SELECT nullif(name, '') FROM word WHERE kind = 'reason' AND number = s.reason) AS reason,
	m.message AS message,
	s.attempt AS attempt,
	w.name AS worker,
	s.exit_code AS exit_code,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at / 1000.0, 'unixepoch') AS started_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', s.finished_at / 1000.0, 'unixepoch') AS finished_at,
	(s.finished_at - s.started_at) / 1000.0 AS duration,
	(s.cached_from >> 24) || '/' || origin.name AS cached_from,
	s.id AS id
FROM step s
JOIN step_spec spec ON spec.step_id = s.id
LEFT JOIN step_message m ON m.step_id = s.id
LEFT JOIN worker w ON w.id = s.worker_id
LEFT JOIN step_spec origin ON origin.step_id = s.cached_from;

CREATE VIEW attempts AS SELECT
	a.step_id >> 24 AS run,
	spec.name AS step,
	a.number AS attempt,
	(SELECT name FROM word WHERE kind = 'attempt_state' AND number = a.state) AS state,
	(SELECT name FROM word WHERE kind = 'outcome' AND number = a.outcome) AS outcome,
	(SELECT nullif(name, '') FROM word WHERE kind = 'reason' AND number = a.reason) AS reason,
	a.message AS message,
	a.exit_code AS exit_code,
	a.signal AS signal,
	w.name AS worker,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.started_at / 1000.0, 'unixepoch') AS started_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', a.finished_at / 1000.0, 'unixepoch') AS finished_at,
	a.run_us / 1e6 AS seconds,
	a.cpu_user_us / 1e6 AS cpu_user,
	a.cpu_sys_us / 1e6 AS cpu_system,
	a.peak_memory AS peak_memory,
	a.log_bytes AS log_bytes,
	coalesce(a.profile, w.profile) AS profile,
	a.fence AS fence
FROM attempt a
JOIN step_spec spec ON spec.step_id = a.step_id
LEFT JOIN worker w ON w.id = a.worker_id;

CREATE VIEW params AS SELECT run_id AS run, name, value FROM param;

CREATE VIEW metrics AS SELECT
	s.id >> 24 AS run,
	spec.name AS step,
	m.name AS metric,
	m.value AS value
FROM step s
JOIN step_spec spec ON spec.step_id = s.id
JOIN metric m ON m.step_id = coalesce(s.cached_from, s.id);

CREATE VIEW artifacts AS SELECT
	s.id >> 24 AS run,
	spec.name AS step,
	o.name AS name,
	(s.id >> 24) || '/' || spec.name || '.' || o.name AS address,
	o.type AS type,
	o.path AS path,
	'sha256:' || lower(hex(o.digest)) AS digest,
	iif(o.is_tree, 'folder', 'file') AS kind,
	o.size AS size,
	o.files AS files
FROM step s
JOIN step_spec spec ON spec.step_id = s.id
JOIN output o ON o.step_id = coalesce(s.cached_from, s.id);

-- One row for each thing that a step read.
CREATE VIEW lineage AS SELECT
	s.id >> 24 AS run,
	spec.name AS step,
	i.name AS input,
	'sha256:' || lower(hex(i.digest)) AS digest,
	coalesce(i.address, (i.from_step >> 24) || '/' || source.name || '.' || i.from_output)
		AS comes_from
FROM step s
JOIN step_spec spec ON spec.step_id = s.id
JOIN input i ON i.step_id = coalesce(s.cached_from, s.id)
LEFT JOIN step_spec source ON source.step_id = i.from_step;

CREATE VIEW models AS SELECT
	v.model AS model,
	v.version AS version,
	(v.step_id >> 24) || '/' || spec.name || '.' || v.output AS address,
	'sha256:' || lower(hex(v.digest)) AS digest,
	strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS created_at
FROM model_version v
LEFT JOIN step_spec spec ON spec.step_id = v.step_id;

CREATE VIEW events AS SELECT
	e.id AS id,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS at,
	e.run_id AS run,
	spec.name AS step,
	e.kind AS kind,
	e.detail AS detail
FROM event e
LEFT JOIN step_spec spec ON spec.step_id = e.step_id;

CREATE VIEW workers AS SELECT
	name,
	iif(is_connected, 'connected', 'gone') AS state,
	pool,
	pid,
	slots,
	resources,
	labels,
	profile,
	strftime('%Y-%m-%dT%H:%M:%fZ', seen_at / 1000.0, 'unixepoch') AS seen_at
FROM worker;
