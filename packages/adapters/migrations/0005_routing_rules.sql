CREATE TABLE ops.routing_rules (
  rule_id          uuid PRIMARY KEY,
  operator_id      text NOT NULL REFERENCES ops.operators (operator_id) ON UPDATE CASCADE,
  prefix           text NOT NULL CHECK (prefix ~ '^\+[1-9][0-9]{0,14}$'),
  -- Text: network 01 is not network 001.
  mcc              text CHECK (mcc ~ '^[0-9]{3}$'),
  mnc              text CHECK (mnc ~ '^[0-9]{2,3}$'),
  priority         integer NOT NULL DEFAULT 10 CHECK (priority BETWEEN 0 AND 1000),
  weight           integer NOT NULL DEFAULT 100 CHECK (weight BETWEEN 1 AND 1000),
  cost_per_segment numeric(18, 6) NOT NULL CHECK (cost_per_segment >= 0),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  active           boolean NOT NULL DEFAULT true,
  allow_nested     boolean NOT NULL DEFAULT false,
  created_at       timestamptz NOT NULL,
  created_by       text NOT NULL,
  updated_at       timestamptz NOT NULL,
  updated_by       text NOT NULL,
  CONSTRAINT ck_routing_rules_plmn CHECK (mnc IS NULL OR mcc IS NOT NULL)
);
CREATE INDEX ix_routing_rules_operator ON ops.routing_rules (operator_id, prefix);

GRANT SELECT, INSERT, UPDATE, DELETE ON ops.routing_rules TO ops_runtime;
