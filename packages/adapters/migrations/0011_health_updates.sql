-- Every report updates its operator's row. Without an index on what each update changes, and with room on the page, it
-- touches no index at all (heap-only tuples); the table has one row per operator, so that who is fresh or silent is
-- read off the whole of it.
DROP INDEX ops.ix_operator_health_last_received_at;
ALTER TABLE ops.operator_health SET (fillfactor = 50);
