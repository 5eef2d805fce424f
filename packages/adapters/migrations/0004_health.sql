-- What was seen of an operator, apart from what an admin wants of it: health never writes ops.operators.
CREATE TABLE ops.operator_health (
  operator_id           text PRIMARY KEY REFERENCES ops.operators (operator_id) ON UPDATE CASCADE ON DELETE CASCADE,
  state                 text NOT NULL DEFAULT 'UNKNOWN' CHECK (state IN ('HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN')),
  since                 timestamptz,
  above_degraded_since  timestamptz,
  above_unhealthy_since timestamptz,
  recovered_since       timestamptz,
  -- The JetStream time and sequence of the newest report that counted.
  last_received_at      timestamptz,
  last_stream_seq       bigint,
  last_seen_at          timestamptz,
  error_rate            double precision CHECK (error_rate BETWEEN 0 AND 1),
  bind_state            text CHECK (bind_state IN ('BOUND', 'UNBOUND')),
  bind_error            text,
  -- Counts transitions, which orders their events.
  transitions           bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX ix_operator_health_last_received_at ON ops.operator_health (last_received_at);

GRANT SELECT, INSERT, UPDATE ON ops.operator_health TO ops_runtime;

CREATE TABLE ops.operator_health_log (
  operator_id    text NOT NULL,
  transition     bigint NOT NULL,
  previous_state text NOT NULL,
  new_state      text NOT NULL,
  error_rate     double precision NOT NULL,
  bind_state     text NOT NULL,
  bind_error     text,
  received_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (operator_id, received_at, transition)
) PARTITION BY RANGE (received_at);

GRANT SELECT, INSERT ON ops.operator_health_log TO ops_runtime;

-- Makes the partitions of last month (a report may have waited in its stream), this month and the next three, and drops
-- those that ended 13 months ago. Runs as its owner, because the services may do no DDL.
--
-- Where the pg_partman extension is installed before the first partition is made, the table is handed to it: then it
-- alone makes and drops partitions, and this function only calls its maintenance. A table that already has partitions of
-- ours stays with us, for partman cannot take over ranges that it did not name.
CREATE FUNCTION ops.ensure_partitions() RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  partman  name;
  version  text;
  managed  boolean := false;
  -- As text: a NULL regclass would hide a missing table.
  parent   CONSTANT text := 'ops.operator_health_log';
  month    timestamp;
  child    text;
  old      record;
BEGIN
  -- Several keepers at once, and a writer that met a missing partition, take turns.
  PERFORM pg_advisory_xact_lock(hashtext('ops.ensure_partitions'));

  SELECT n.nspname, e.extversion INTO partman, version
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_partman';
  IF partman IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.part_config WHERE parent_table = $1)', partman) INTO managed USING parent;
    IF NOT managed AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent::regclass) THEN
      -- partman 4 names the method and the interval in words, 5 as PostgreSQL does.
      IF version LIKE '4.%' THEN
        EXECUTE format('SELECT %I.create_parent($1, ''received_at'', ''native'', ''monthly'', p_premake := 3)', partman)
          USING parent;
      ELSE
        EXECUTE format('SELECT %I.create_parent($1, ''received_at'', ''1 month'', ''range'', p_premake := 3)', partman)
          USING parent;
      END IF;
      EXECUTE format('UPDATE %I.part_config SET retention = ''13 months'', retention_keep_table = false,'
                     ' infinite_time_partitions = true WHERE parent_table = $1', partman) USING parent;
      managed := true;
    END IF;
    IF managed THEN
      EXECUTE format('SELECT %I.run_maintenance($1)', partman) USING parent;
      RETURN;
    END IF;
  END IF;

  FOR month IN SELECT generate_series(date_trunc('month', now()::timestamp) - interval '1 month',
                                      date_trunc('month', now()::timestamp) + interval '3 months', interval '1 month') LOOP
    child := 'operator_health_log_p' || to_char(month, 'YYYY_MM');
    IF to_regclass(format('ops.%I', child)) IS NULL THEN
      -- Attached rather than created in place: that lets writers go on meanwhile.
      EXECUTE format('CREATE TABLE ops.%I (LIKE ops.operator_health_log INCLUDING ALL)', child);
      EXECUTE format('ALTER TABLE ops.operator_health_log ATTACH PARTITION ops.%I FOR VALUES FROM (%L) TO (%L)',
                     child, month::timestamptz, (month + interval '1 month')::timestamptz);
    END IF;
  END LOOP;

  FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = parent::regclass AND c.relname ~ '^operator_health_log_p[0-9]{4}_[0-9]{2}$'
               AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '14 months' <= now()::timestamp LOOP
    EXECUTE format('DROP TABLE ops.%I', old.relname);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION ops.ensure_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.ensure_partitions() TO ops_runtime;

-- How many whole months after this one can be written without a gap, whoever made their partitions: -1 when even the
-- current month is missing.
CREATE FUNCTION ops.partition_months_ahead() RETURNS integer
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  WITH bounds AS (
    SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \('([^']+)'\) TO \('([^']+)'\)$re$) AS b
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'ops.operator_health_log'::regclass
  ), months AS (
    SELECT n, (date_trunc('month', now()::timestamp) + make_interval(months => n))::timestamptz AS starts
    FROM generate_series(0, 24) AS n
  )
  SELECT coalesce(min(n), 25)::integer - 1 FROM months
  WHERE NOT EXISTS (SELECT FROM bounds WHERE b[1]::timestamptz <= starts AND b[2]::timestamptz > starts)
$$;

SELECT ops.ensure_partitions();
