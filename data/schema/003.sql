-- Version 3. What a backend cannot show: a record that breaks every answer it is
-- in is stepped over, and stands here until it can be read. `start` and `upto`
-- are the cursors around it, where the stream has numbers; `run` is the reading
-- that met it last. Written in the transaction in which the cursor passes it.

CREATE TABLE quarantine (
	connector INTEGER NOT NULL,
	stream TEXT NOT NULL,
	key TEXT NOT NULL,
	by_key INTEGER NOT NULL,
	start TEXT,
	upto TEXT,
	why TEXT NOT NULL,
	since INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	next INTEGER NOT NULL,
	run INTEGER NOT NULL,
	PRIMARY KEY (connector, stream, key)
) STRICT, WITHOUT ROWID;
