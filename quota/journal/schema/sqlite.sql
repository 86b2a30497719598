-- SPDX-License-Identifier: Apache-2.0
-- Version 1. Times are microseconds since 1970 by the database's clock. due_at is NULL in what is not to be taken up; busy is
-- the lane of what is sending, uncertain or in need of an operator.
CREATE TABLE IF NOT EXISTS resell_journal (
	version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS resell_intents (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	intent_key    TEXT NOT NULL UNIQUE,
	account       TEXT NOT NULL,
	kind          TEXT NOT NULL,
	customer      TEXT NOT NULL,
	lane          TEXT,
	busy          TEXT,
	grp           TEXT,
	fingerprint   TEXT NOT NULL,
	change_json   TEXT NOT NULL,
	plan_json     TEXT,
	state         TEXT NOT NULL,
	doubt         INTEGER NOT NULL DEFAULT 0,
	fence         INTEGER NOT NULL DEFAULT 0,
	worker        TEXT NOT NULL DEFAULT '',
	lost_worker   TEXT NOT NULL DEFAULT '',
	attempts      INTEGER NOT NULL DEFAULT 0,
	created_at    INTEGER NOT NULL,
	first_sent_at INTEGER,
	taken_at      INTEGER,
	lost_at       INTEGER,
	due_at        INTEGER,
	finished_at   INTEGER,
	provider      TEXT NOT NULL DEFAULT '',
	op            TEXT NOT NULL DEFAULT '',
	class         TEXT NOT NULL DEFAULT '',
	code          TEXT NOT NULL DEFAULT '',
	status        INTEGER NOT NULL DEFAULT 0,
	message       TEXT NOT NULL DEFAULT '',
	request_id    TEXT NOT NULL DEFAULT '',
	consumed      TEXT NOT NULL DEFAULT '',
	requests      INTEGER NOT NULL DEFAULT 0,
	note          TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS resell_intents_busy ON resell_intents (busy);
CREATE INDEX IF NOT EXISTS resell_intents_due ON resell_intents (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS resell_intents_queue ON resell_intents (lane, id) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS resell_intents_lane ON resell_intents (lane, id) WHERE lane IS NOT NULL;
CREATE INDEX IF NOT EXISTS resell_intents_state ON resell_intents (state, created_at);
CREATE INDEX IF NOT EXISTS resell_intents_customer ON resell_intents (customer, id);
CREATE INDEX IF NOT EXISTS resell_intents_finished ON resell_intents (finished_at, id) WHERE finished_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS resell_attempts (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	intent_id  INTEGER NOT NULL,
	fence      INTEGER NOT NULL,
	worker     TEXT NOT NULL,
	started_at INTEGER NOT NULL,
	ended_at   INTEGER NOT NULL,
	provider   TEXT NOT NULL DEFAULT '',
	op         TEXT NOT NULL DEFAULT '',
	class      TEXT NOT NULL DEFAULT '',
	code       TEXT NOT NULL DEFAULT '',
	status     INTEGER NOT NULL DEFAULT 0,
	message    TEXT NOT NULL DEFAULT '',
	request_id TEXT NOT NULL DEFAULT '',
	consumed   TEXT NOT NULL DEFAULT '',
	requests   INTEGER NOT NULL DEFAULT 0,
	lost       INTEGER NOT NULL DEFAULT 0,
	stale      INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS resell_attempts_fence ON resell_attempts (intent_id, fence);
CREATE INDEX IF NOT EXISTS resell_attempts_stale ON resell_attempts (id) WHERE stale = 1;
