-- Events commit with their change here and nowhere else; the relay publishes them.
CREATE TABLE ops.outbox (
  -- Per operator in version order: a change holds its operator's row lock from before the insert until COMMIT.
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     uuid NOT NULL CONSTRAINT uq_outbox_event_id UNIQUE,
  operator_id  text NOT NULL,
  subject      text NOT NULL,
  -- json, not jsonb: what is published is the text that was checked against its schema, key for key.
  payload      json NOT NULL,
  traceparent  text,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz,
  parked_at    timestamptz,
  error        text,
  CONSTRAINT ck_outbox_parked CHECK ((parked_at IS NULL) = (error IS NULL))
);
CREATE INDEX ix_outbox_pending ON ops.outbox (id) WHERE published_at IS NULL AND parked_at IS NULL;
CREATE INDEX ix_outbox_parked ON ops.outbox (id) WHERE parked_at IS NOT NULL;
CREATE INDEX ix_outbox_published_at ON ops.outbox (published_at) WHERE published_at IS NOT NULL;

-- In the table, so that no writer can forget to wake the relay.
CREATE FUNCTION ops.notify_outbox() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_notify('ops_outbox', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER outbox_notify AFTER INSERT ON ops.outbox FOR EACH STATEMENT EXECUTE FUNCTION ops.notify_outbox();

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.outbox TO ops_runtime;

CREATE TABLE ops.leases (
  name       text PRIMARY KEY,
  holder     text NOT NULL,
  expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.leases TO ops_runtime;
