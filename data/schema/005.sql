-- Version 5. The time that a person chose for an operation, 0 at once: what is
-- made meanwhile does not wait for it. Those made before are known by the length
-- of their wait.

ALTER TABLE op ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
UPDATE op SET later = not_before WHERE open = 1 AND attempt = 0
	AND not_before - created > 300000;
