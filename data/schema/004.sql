-- Version 4. What is late is found without going through all that is open.

CREATE INDEX IF NOT EXISTS ticket_due ON ticket (phase, due)
	WHERE state = 0 AND due IS NOT NULL;
