-- lower() follows the collation, and under "C" it knows ASCII only. The best collation that this server has is fixed
-- here once, for the unique index and for every query alike.
DO $$
DECLARE
  best text;
BEGIN
  SELECT quote_ident(collname) INTO best
  FROM pg_collation
  WHERE collnamespace = 'pg_catalog'::regnamespace AND collname IN ('und-x-icu', 'pg_c_utf8', 'C.utf8', 'en_US.utf8')
  ORDER BY array_position(ARRAY['und-x-icu', 'pg_c_utf8', 'C.utf8', 'en_US.utf8']::name[], collname)
  LIMIT 1;
  EXECUTE format(
    'CREATE FUNCTION ops.fold_case(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN lower(name COLLATE %s)',
    coalesce(best, '"default"'));
END
$$;

CREATE TABLE ops.operators (
  -- TEXT: a renamed operator need not be a UUID; every reference follows a rename by ON UPDATE CASCADE.
  operator_id         text PRIMARY KEY CHECK (operator_id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'),
  -- PENDING until the credentials are known to be in Vault: no API sees such a row.
  provisioning        text NOT NULL CHECK (provisioning IN ('PENDING', 'READY')),
  name                text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 128),
  host                text NOT NULL CHECK (char_length(host) BETWEEN 1 AND 253),
  port                integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  system_id           text NOT NULL CHECK (octet_length(system_id) BETWEEN 1 AND 15),
  system_type         text NOT NULL DEFAULT '' CHECK (octet_length(system_type) <= 12),
  bind_type           text NOT NULL CHECK (bind_type IN ('TRANSCEIVER', 'TRANSMITTER', 'RECEIVER')),
  max_tps             integer NOT NULL CHECK (max_tps BETWEEN 1 AND 1000000),
  burst_multiplier    numeric(4, 2) NOT NULL DEFAULT 1.5 CHECK (burst_multiplier >= 1),
  burst_window_ms     integer NOT NULL DEFAULT 1000 CHECK (burst_window_ms BETWEEN 100 AND 60000),
  enforcement_mode    text NOT NULL DEFAULT 'HARD_REJECT' CHECK (enforcement_mode IN ('HARD_REJECT', 'SOFT_THROTTLE')),
  status              text NOT NULL DEFAULT 'INACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED')),
  notes               text CHECK (char_length(notes) <= 2000),
  mno_id              text CHECK (mno_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  -- The KV v2 version of the Vault secret that belongs to this row: a newer secret is invisible.
  credentials_version integer NOT NULL DEFAULT 0,
  version             integer NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL,
  created_by          text NOT NULL,
  updated_at          timestamptz NOT NULL,
  updated_by          text NOT NULL,
  deleted_at          timestamptz,
  CONSTRAINT ck_operators_ready CHECK (provisioning = 'PENDING' OR (credentials_version >= 1 AND version >= 1)),
  CONSTRAINT ck_operators_deleted CHECK (deleted_at IS NULL OR (provisioning = 'READY' AND status = 'INACTIVE'))
);

-- Among live operators only, so that a deleted one's name and endpoint are free again. A PENDING row claims both.
CREATE UNIQUE INDEX uq_operators_live_endpoint ON ops.operators (host, port, system_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX uq_operators_live_name ON ops.operators (ops.fold_case(name)) WHERE deleted_at IS NULL;
CREATE INDEX ix_operators_status ON ops.operators (status) WHERE deleted_at IS NULL;
CREATE INDEX ix_operators_created_at ON ops.operators (created_at, operator_id) WHERE deleted_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.operators TO ops_runtime;

-- Secrets to be destroyed: of creates that may not have finished, and of deleted operators. No foreign key: the row
-- outlives the operator.
CREATE TABLE ops.credential_cleanup (
  operator_id text PRIMARY KEY,
  reason      text NOT NULL CHECK (reason IN ('provisional', 'abandoned', 'deleted')),
  due_at      timestamptz NOT NULL,
  sweeps      integer NOT NULL DEFAULT 0,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_credential_cleanup_due_at ON ops.credential_cleanup (due_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.credential_cleanup TO ops_runtime;

-- History is never rewritten: no foreign key that could cascade into it, and the services may only add and read.
CREATE TABLE ops.admin_audit_log (
  audit_id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor          text NOT NULL,
  action         text NOT NULL,
  operator_id    text NOT NULL,
  resource_type  text NOT NULL,
  resource_id    text NOT NULL,
  version        integer NOT NULL,
  before         jsonb,
  after          jsonb,
  request_id     text,
  trace_id       text,
  source_address text
);
CREATE INDEX ix_admin_audit_log_operator ON ops.admin_audit_log (operator_id, at DESC, audit_id DESC);
CREATE INDEX ix_admin_audit_log_at ON ops.admin_audit_log (at DESC, audit_id DESC);

GRANT SELECT, INSERT ON ops.admin_audit_log TO ops_runtime;
