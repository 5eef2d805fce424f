-- How many rules an operator has, active or not: an event tells the number where it cannot list them, and counting would
-- cost more with every rule.
ALTER TABLE ops.operators ADD COLUMN routing_rule_count integer NOT NULL DEFAULT 0 CHECK (routing_rule_count >= 0);
UPDATE ops.operators o SET routing_rule_count = counted.rules
FROM (SELECT operator_id, count(*) AS rules FROM ops.routing_rules GROUP BY operator_id) counted
WHERE o.operator_id = counted.operator_id;

-- The active rules of live operators as ranges of numbers of 15 digits. Padding makes a short number fall inside a longer
-- prefix, so a match by range also needs a prefix that is no longer than the number.
CREATE TABLE ops.destination_prefixes (
  rule_id     uuid PRIMARY KEY REFERENCES ops.routing_rules (rule_id) ON DELETE CASCADE,
  operator_id text NOT NULL REFERENCES ops.operators (operator_id) ON UPDATE CASCADE,
  prefix      text COLLATE "C" NOT NULL,
  mcc         text,
  mnc         text,
  range_start bigint NOT NULL,
  range_end   bigint NOT NULL
);
CREATE INDEX ix_destination_prefixes_prefix ON ops.destination_prefixes (prefix, operator_id, rule_id);
CREATE INDEX ix_destination_prefixes_operator ON ops.destination_prefixes (operator_id, prefix, rule_id);

-- Kept by triggers, so that no writer can forget it, and by nobody else: they run as their owner, the services only read.
GRANT SELECT ON ops.destination_prefixes TO ops_runtime;

CREATE FUNCTION ops.routing_rules_inserted() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- First, because it waits for a transaction that is just deleting the operator: what follows sees how that ended.
  UPDATE ops.operators o SET routing_rule_count = o.routing_rule_count + added.rules
  FROM (SELECT operator_id, count(*) AS rules FROM new_rules GROUP BY operator_id) added
  WHERE o.operator_id = added.operator_id;
  INSERT INTO ops.destination_prefixes (rule_id, operator_id, prefix, mcc, mnc, range_start, range_end)
  SELECT r.rule_id, r.operator_id, r.prefix, r.mcc, r.mnc, lower(r.span), upper(r.span) - 1
  FROM new_rules r JOIN ops.operators o ON o.operator_id = r.operator_id
  WHERE r.active AND o.deleted_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER routing_rules_inserted AFTER INSERT ON ops.routing_rules
  REFERENCING NEW TABLE AS new_rules FOR EACH STATEMENT EXECUTE FUNCTION ops.routing_rules_inserted();

-- A rule never moves to another operator: only a rename of its own changes operator_id, and that takes the count along.
CREATE FUNCTION ops.routing_rules_updated() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM ops.destination_prefixes WHERE rule_id IN (
    SELECT rule_id FROM (
      SELECT rule_id, operator_id, prefix, mcc, mnc, active FROM old_rules
      EXCEPT SELECT rule_id, operator_id, prefix, mcc, mnc, active FROM new_rules) changed);
  INSERT INTO ops.destination_prefixes (rule_id, operator_id, prefix, mcc, mnc, range_start, range_end)
  SELECT r.rule_id, r.operator_id, r.prefix, r.mcc, r.mnc, lower(r.span), upper(r.span) - 1
  FROM new_rules r JOIN ops.operators o ON o.operator_id = r.operator_id
  WHERE r.active AND o.deleted_at IS NULL
  ON CONFLICT (rule_id) DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER routing_rules_updated AFTER UPDATE ON ops.routing_rules
  REFERENCING OLD TABLE AS old_rules NEW TABLE AS new_rules
  FOR EACH STATEMENT EXECUTE FUNCTION ops.routing_rules_updated();

-- The rows of deleted rules go by the foreign key.
CREATE FUNCTION ops.routing_rules_deleted() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE ops.operators o SET routing_rule_count = o.routing_rule_count - removed.rules
  FROM (SELECT operator_id, count(*) AS rules FROM old_rules GROUP BY operator_id) removed
  WHERE o.operator_id = removed.operator_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER routing_rules_deleted AFTER DELETE ON ops.routing_rules
  REFERENCING OLD TABLE AS old_rules FOR EACH STATEMENT EXECUTE FUNCTION ops.routing_rules_deleted();

-- The rules of a deleted operator stay as rows but lead nowhere.
CREATE FUNCTION ops.operator_deleted() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM ops.destination_prefixes WHERE operator_id = NEW.operator_id;
  INSERT INTO ops.destination_prefixes (rule_id, operator_id, prefix, mcc, mnc, range_start, range_end)
  SELECT rule_id, operator_id, prefix, mcc, mnc, lower(span), upper(span) - 1
  FROM ops.routing_rules WHERE operator_id = NEW.operator_id AND active AND NEW.deleted_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER operator_deleted AFTER UPDATE OF deleted_at ON ops.operators
  FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)) EXECUTE FUNCTION ops.operator_deleted();

REVOKE ALL ON FUNCTION ops.routing_rules_inserted(), ops.routing_rules_updated(), ops.routing_rules_deleted(),
  ops.operator_deleted() FROM PUBLIC;

INSERT INTO ops.destination_prefixes (rule_id, operator_id, prefix, mcc, mnc, range_start, range_end)
SELECT r.rule_id, r.operator_id, r.prefix, r.mcc, r.mnc, lower(r.span), upper(r.span) - 1
FROM ops.routing_rules r JOIN ops.operators o USING (operator_id)
WHERE r.active AND o.deleted_at IS NULL;
