-- What every writing connection makes for itself when it opens, whatever the
-- cache's version. Not in the cache: each run that only reads would parse it.

CREATE TEMP TRIGGER ticket_count_add AFTER INSERT ON main.ticket
WHEN new.state = 0
BEGIN
	INSERT INTO counter VALUES (new.connector, ifnull(new.queue, 0),
		ifnull(new.status, ''), 1)
		ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TEMP TRIGGER ticket_count_move AFTER UPDATE OF state, queue, status
ON main.ticket
WHEN old.state IS NOT new.state OR old.queue IS NOT new.queue
	OR old.status IS NOT new.status
BEGIN
	UPDATE counter SET n = n - 1 WHERE old.state = 0
		AND connector = old.connector AND queue = ifnull(old.queue, 0)
		AND status = ifnull(old.status, '');
	INSERT INTO counter SELECT new.connector, ifnull(new.queue, 0),
		ifnull(new.status, ''), 1 WHERE new.state = 0
		ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TEMP TRIGGER ticket_count_drop AFTER DELETE ON main.ticket
WHEN old.state = 0
BEGIN
	UPDATE counter SET n = n - 1 WHERE connector = old.connector
		AND queue = ifnull(old.queue, 0)
		AND status = ifnull(old.status, '');
END;
