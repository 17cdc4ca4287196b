-- Version 2. What a person says here about a row and no backend is told, or not
-- yet: put aside until (0: until the customer writes), out of date and why. `seen`
-- is the newest message of its thread at that time. And outcomes may be of a
-- conversation; one without a rid is our own.

ALTER TABLE outcome ADD COLUMN conversation INTEGER;

CREATE TABLE mark (
	entity TEXT NOT NULL,
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	at INTEGER NOT NULL,
	until INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	who TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (entity, id, kind)
) STRICT, WITHOUT ROWID;
