-- Requests that must happen once. The row is written by the transactions of the change that it stands for, so that an
-- answer is here exactly when the change is.
CREATE TABLE ops.idempotency_keys (
  subject     text NOT NULL,
  key         text NOT NULL,
  fingerprint text NOT NULL,
  state       text NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
  -- Of a create that is being finished: whoever gives it up deletes this row with it.
  operator_id text,
  -- json, not jsonb: what is told again is what was told, key for key.
  answer      json,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, key),
  CONSTRAINT ck_idempotency_keys_answer CHECK ((state = 'DONE') = (answer IS NOT NULL))
);
CREATE INDEX ix_idempotency_keys_created_at ON ops.idempotency_keys (created_at);
CREATE INDEX ix_idempotency_keys_running ON ops.idempotency_keys (operator_id) WHERE state = 'RUNNING';

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.idempotency_keys TO ops_runtime;
