-- The cache, version 1. One table per entity with the columns of
-- include/galley/model/fields.def (a test compares them) and those that every
-- row has: rid, the id at the backend (NULL until it has one); state 0 live,
-- 1 stub (only its rid is known), 2 gone, 3 alias; seen, when it was last
-- pulled; gen, the sweep that saw it; x, JSON of what is not modelled. A
-- reference is the local id of a row. Rows are never deleted, so that a local
-- id means the same thing for ever.

CREATE TABLE connector (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL
) STRICT;

-- connector 0: about the cache itself
CREATE TABLE fact (
	connector INTEGER NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (connector, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	name TEXT,
	kind TEXT,
	about TEXT
) STRICT;
CREATE UNIQUE INDEX queue_rid ON queue (connector, rid);

CREATE TABLE agent (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	name TEXT,
	login TEXT,
	email TEXT,
	active INTEGER
) STRICT;
CREATE UNIQUE INDEX agent_rid ON agent (connector, rid);

CREATE TABLE customer (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	name TEXT,
	lang TEXT,
	org TEXT,
	vip TEXT,
	note TEXT
) STRICT;
CREATE UNIQUE INDEX customer_rid ON customer (connector, rid);

CREATE TABLE identity (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	customer INTEGER,
	type TEXT,
	value TEXT,
	verified INTEGER
) STRICT;
CREATE UNIQUE INDEX identity_rid ON identity (connector, rid);

CREATE TABLE ticket (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	number TEXT,
	subject TEXT,
	status TEXT,
	phase TEXT,
	queue INTEGER,
	owner INTEGER,
	customer INTEGER,
	channel TEXT,
	customers TEXT,
	priority INTEGER,
	created INTEGER,
	updated INTEGER,
	due INTEGER,
	closed INTEGER,
	worked_min INTEGER,
	tags TEXT,
	cf TEXT
) STRICT;
CREATE UNIQUE INDEX ticket_rid ON ticket (connector, rid);

CREATE TABLE conversation (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	subject TEXT,
	status TEXT,
	phase TEXT,
	queue INTEGER,
	owner INTEGER,
	team TEXT,
	customer INTEGER,
	channel TEXT,
	ticket INTEGER,
	priority TEXT,
	tags TEXT,
	unread INTEGER,
	can_reply INTEGER,
	snoozed_until INTEGER,
	created INTEGER,
	updated INTEGER
) STRICT;
CREATE UNIQUE INDEX conversation_rid ON conversation (connector, rid);

CREATE TABLE message (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	ticket INTEGER,
	conversation INTEGER,
	kind TEXT,
	dir TEXT,
	author TEXT,
	at INTEGER,
	text TEXT,
	html TEXT,
	field TEXT,
	"old" TEXT,
	"new" TEXT,
	reply_to TEXT,
	delivery TEXT,
	deleted INTEGER,
	op TEXT
) STRICT;
CREATE UNIQUE INDEX message_rid ON message (connector, rid);

CREATE TABLE file (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	message INTEGER,
	name TEXT,
	mime TEXT,
	size INTEGER,
	url TEXT
) STRICT;
CREATE UNIQUE INDEX file_rid ON file (connector, rid);

CREATE TABLE link (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	ticket INTEGER,
	kind TEXT,
	target TEXT
) STRICT;
CREATE UNIQUE INDEX link_rid ON link (connector, rid);

CREATE TABLE article (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	title TEXT,
	text TEXT,
	mime TEXT,
	lang TEXT,
	category TEXT,
	status TEXT,
	url TEXT,
	author TEXT,
	updated INTEGER,
	kind TEXT,
	problem TEXT,
	product TEXT,
	revision INTEGER,
	review INTEGER
) STRICT;
CREATE UNIQUE INDEX article_rid ON article (connector, rid);

CREATE TABLE snippet (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	name TEXT,
	text TEXT,
	scope TEXT
) STRICT;
CREATE UNIQUE INDEX snippet_rid ON snippet (connector, rid);

CREATE TABLE csat (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	score INTEGER,
	scale INTEGER,
	text TEXT,
	ticket INTEGER,
	conversation INTEGER,
	agent INTEGER,
	customer INTEGER,
	at INTEGER
) STRICT;
CREATE UNIQUE INDEX csat_rid ON csat (connector, rid);

CREATE TABLE presence (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	agent INTEGER,
	status TEXT,
	since INTEGER
) STRICT;
CREATE UNIQUE INDEX presence_rid ON presence (connector, rid);

CREATE TABLE outcome (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	article INTEGER,
	revision INTEGER,
	ticket INTEGER,
	worked INTEGER,
	agent INTEGER,
	at INTEGER
) STRICT;
CREATE UNIQUE INDEX outcome_rid ON outcome (connector, rid);

CREATE TABLE call (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	customer INTEGER,
	ticket INTEGER,
	agent INTEGER,
	queue INTEGER,
	dir TEXT,
	status TEXT,
	number TEXT,
	started INTEGER,
	answered INTEGER,
	ended INTEGER,
	disposition TEXT,
	recording TEXT,
	lang TEXT,
	note TEXT
) STRICT;
CREATE UNIQUE INDEX call_rid ON call (connector, rid);

CREATE TABLE purchase (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	number TEXT,
	customer INTEGER,
	status TEXT,
	total_minor INTEGER,
	currency TEXT,
	placed INTEGER,
	items TEXT
) STRICT;
CREATE UNIQUE INDEX purchase_rid ON purchase (connector, rid);

CREATE TABLE purchase_event (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	purchase INTEGER,
	kind TEXT,
	at INTEGER,
	text TEXT,
	amount_minor INTEGER
) STRICT;
CREATE UNIQUE INDEX purchase_event_rid ON purchase_event (connector, rid);

CREATE TABLE promise (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	ticket INTEGER,
	customer INTEGER,
	agent INTEGER,
	text TEXT,
	made INTEGER,
	due INTEGER,
	status TEXT,
	kept INTEGER
) STRICT;
CREATE UNIQUE INDEX promise_rid ON promise (connector, rid);

CREATE TABLE moment (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	rid TEXT,
	version TEXT,
	state INTEGER NOT NULL,
	alias_of INTEGER,
	seen INTEGER NOT NULL,
	gen INTEGER NOT NULL,
	x TEXT,
	customer INTEGER,
	ticket INTEGER,
	kind TEXT,
	at INTEGER,
	channel TEXT,
	stage TEXT,
	score INTEGER,
	text TEXT
) STRICT;
CREATE UNIQUE INDEX moment_rid ON moment (connector, rid);

CREATE VIRTUAL TABLE fts_customer USING fts5 (name, org, note, content='customer',
	content_rowid='id', columnsize=0, tokenize='galley');
CREATE TABLE fts_todo_customer (id INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE fts_ticket USING fts5 (subject, content='ticket',
	content_rowid='id', columnsize=0, tokenize='galley');
CREATE TABLE fts_todo_ticket (id INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE fts_conversation USING fts5 (subject, content='conversation',
	content_rowid='id', columnsize=0, tokenize='galley');
CREATE TABLE fts_todo_conversation (id INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE fts_message USING fts5 (text, content='message',
	content_rowid='id', columnsize=0, tokenize='galley');
-- fewer merges while loading; measured against 4 and 16
INSERT INTO fts_message (fts_message, rank) VALUES ('automerge', 8);
CREATE TABLE fts_todo_message (id INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE fts_article USING fts5 (title, text, content='article',
	content_rowid='id', columnsize=0, tokenize='galley');
CREATE TABLE fts_todo_article (id INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE fts_snippet USING fts5 (text, content='snippet',
	content_rowid='id', columnsize=0, tokenize='galley');
CREATE TABLE fts_todo_snippet (id INTEGER PRIMARY KEY) STRICT;

-- Lists are read by key, newest first; rows that are not shown are left out.
CREATE INDEX ticket_queue ON ticket (queue, status, updated) WHERE state = 0;
CREATE INDEX ticket_owner ON ticket (owner, phase, updated) WHERE state = 0;
CREATE INDEX ticket_phase ON ticket (phase, updated) WHERE state = 0;
CREATE INDEX ticket_updated ON ticket (updated) WHERE state = 0;
CREATE INDEX ticket_customer ON ticket (customer)
	WHERE customer IS NOT NULL;
CREATE INDEX ticket_number ON ticket (number COLLATE NOCASE);
CREATE INDEX conversation_phase ON conversation (phase, updated)
	WHERE state = 0;
CREATE INDEX conversation_owner ON conversation (owner, phase, updated)
	WHERE state = 0;
CREATE INDEX conversation_updated ON conversation (updated) WHERE state = 0;
CREATE INDEX conversation_customer ON conversation (customer)
	WHERE customer IS NOT NULL;
CREATE INDEX conversation_ticket ON conversation (ticket)
	WHERE ticket IS NOT NULL;
CREATE INDEX message_ticket ON message (ticket, at) WHERE ticket IS NOT NULL;
CREATE INDEX message_conversation ON message (conversation, at)
	WHERE conversation IS NOT NULL;
-- what waits in the outbox
CREATE INDEX message_pending ON message (ticket, conversation)
	WHERE rid IS NULL;
CREATE INDEX message_op ON message (op) WHERE op IS NOT NULL;
CREATE INDEX identity_customer ON identity (customer);
CREATE INDEX identity_value ON identity (value);
CREATE INDEX identity_tail ON identity (substr(value, -7))
	WHERE type <> 'email';
CREATE INDEX file_message ON file (message);
CREATE INDEX link_ticket ON link (ticket);
CREATE INDEX article_updated ON article (updated) WHERE state = 0;
CREATE INDEX csat_ticket ON csat (ticket);
CREATE INDEX presence_agent ON presence (agent);
CREATE INDEX article_problem ON article (problem) WHERE problem IS NOT NULL;
CREATE INDEX outcome_article ON outcome (article, revision);
CREATE INDEX outcome_ticket ON outcome (ticket);
CREATE INDEX call_customer ON call (customer, started);
CREATE INDEX call_ticket ON call (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX call_started ON call (started) WHERE state = 0;
CREATE INDEX call_status ON call (status, started) WHERE state = 0;
CREATE INDEX purchase_customer ON purchase (customer, placed);
CREATE INDEX purchase_number ON purchase (number COLLATE NOCASE);
CREATE INDEX purchase_event_purchase ON purchase_event (purchase, at);
CREATE INDEX promise_customer ON promise (customer, due);
CREATE INDEX promise_ticket ON promise (ticket);
CREATE INDEX promise_due ON promise (due) WHERE status = 'open';
CREATE INDEX moment_customer ON moment (customer, at);
CREATE INDEX moment_ticket ON moment (ticket) WHERE ticket IS NOT NULL;

-- How many live tickets there are per queue (0: none) and status (''): kept
-- here because counting a million rows takes a second. writer.sql keeps it.
CREATE TABLE counter (
	connector INTEGER NOT NULL,
	queue INTEGER NOT NULL,
	status TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (connector, queue, status)
) STRICT, WITHOUT ROWID;

-- Where a stream's reading stands; written with the rows it brought.
CREATE TABLE cursor (
	connector INTEGER NOT NULL,
	stream TEXT NOT NULL,
	key TEXT NOT NULL,
	cursor TEXT,
	run TEXT,
	polled INTEGER NOT NULL,
	PRIMARY KEY (connector, stream, key)
) STRICT, WITHOUT ROWID;

-- Keys to be fetched. An answered one stays with the version it was answered
-- at, so that hearing of that version again costs nothing.
CREATE TABLE touch (
	id INTEGER PRIMARY KEY,
	connector INTEGER NOT NULL,
	stream TEXT NOT NULL,
	key TEXT NOT NULL,
	version TEXT NOT NULL,
	done TEXT,
	waiting INTEGER NOT NULL,
	urgent INTEGER NOT NULL,
	at INTEGER NOT NULL,
	UNIQUE (connector, stream, key)
) STRICT;
CREATE INDEX touch_waiting ON touch (connector, stream, urgent DESC, at, id)
	WHERE waiting = 1;

-- What the server last showed of a row that open operations change: values by
-- field as JSON, references as local ids.
CREATE TABLE shadow (
	entity TEXT NOT NULL,
	id INTEGER NOT NULL,
	version TEXT,
	at INTEGER NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (entity, id)
) STRICT, WITHOUT ROWID;

-- The outbox. Never deleted from by the engine.
CREATE TABLE op (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL UNIQUE,
	connector INTEGER NOT NULL REFERENCES connector (id),
	kind TEXT NOT NULL,
	entity TEXT NOT NULL,
	target INTEGER NOT NULL,
	args TEXT NOT NULL,
	base TEXT,
	base_version TEXT,
	me TEXT,
	seen INTEGER NOT NULL,
	state TEXT NOT NULL,
	open INTEGER NOT NULL,
	reason TEXT NOT NULL,
	error TEXT,
	evidence TEXT,
	how TEXT,
	result_rid TEXT,
	result_version TEXT,
	marker TEXT,
	baseline TEXT,
	attempt INTEGER NOT NULL,
	confirmed INTEGER NOT NULL,
	created INTEGER NOT NULL,
	not_before INTEGER NOT NULL,
	first_armed INTEGER NOT NULL,
	armed INTEGER NOT NULL,
	settle_until INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	CHECK (state IN ('queued', 'sending', 'sent', 'unsure', 'held', 'done',
		'cancelled')),
	CHECK (open = (state NOT IN ('done', 'cancelled')))
) STRICT;
CREATE INDEX op_open ON op (connector, seq) WHERE open = 1;
CREATE INDEX op_target ON op (target, entity, seq) WHERE open = 1;
CREATE INDEX op_result ON op (result_rid) WHERE open = 1;
CREATE INDEX op_marker ON op (marker) WHERE open = 1;

-- One row for each time that bytes of an operation may have left.
CREATE TABLE attempt (
	uid TEXT NOT NULL REFERENCES op (uid),
	n INTEGER NOT NULL,
	armed INTEGER NOT NULL,
	deadline INTEGER NOT NULL,
	ended INTEGER,
	outcome TEXT,
	http INTEGER,
	error TEXT,
	PRIMARY KEY (uid, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
	key TEXT PRIMARY KEY,
	text TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	level INTEGER NOT NULL,
	connector INTEGER NOT NULL,
	stream TEXT,
	text TEXT NOT NULL
) STRICT;

-- Each hash covers its row and the hash before it.
CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,
	object TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;

-- Salted hashes of remote ids that were erased: an old page must not bring
-- them back.
CREATE TABLE erased (
	connector INTEGER NOT NULL,
	entity TEXT NOT NULL,
	hash TEXT NOT NULL,
	PRIMARY KEY (connector, entity, hash)
) STRICT, WITHOUT ROWID;
