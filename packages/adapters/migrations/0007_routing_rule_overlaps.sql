-- Two active rules of one operator overlap when a number and a network can be meant by both. Both are ranges here, so that
-- "can be meant by both" is && on each.

-- The numbers of 15 digits (ITU-T E.164) that begin with the prefix.
CREATE FUNCTION ops.prefix_span(prefix text) RETURNS int8range LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN int8range(rpad(substr(prefix, 2), 15, '0')::bigint, rpad(substr(prefix, 2), 15, '9')::bigint, '[]');

-- A country has 10,000 places: network codes of two digits are the first hundred, those of three the second thousand, so
-- that 01 is not 001.
CREATE FUNCTION ops.plmn_span(mcc text, mnc text) RETURNS int8range LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN mcc IS NULL THEN int8range(0, 10000000)
    WHEN mnc IS NULL THEN int8range((mcc || '0000')::bigint, (mcc || '9999')::bigint, '[]')
    WHEN length(mnc) = 2 THEN int8range((mcc || '00' || mnc)::bigint, (mcc || '00' || mnc)::bigint, '[]')
    ELSE int8range((mcc || '1' || mnc)::bigint, (mcc || '1' || mnc)::bigint, '[]')
  END;

ALTER TABLE ops.routing_rules
  -- By digits: + sorts before them, and no locale has a say.
  ALTER COLUMN prefix TYPE text COLLATE "C",
  ADD COLUMN span int8range NOT NULL GENERATED ALWAYS AS (ops.prefix_span(prefix)) STORED,
  ADD COLUMN plmn int8range NOT NULL GENERATED ALWAYS AS (ops.plmn_span(mcc, mnc)) STORED;

-- The check under the operator's row lock asks these very indexes; the constraints hold what writes without it. Ids go by
-- their bytes, each under a collation of its own: a query that names it cannot be planned by another, which would go
-- through all rules of an operator as soon as statistics take it for a small one.
--
-- The first column decides which entries share a page. An equal prefix is the rarest thing: +93 is 93, +930 is 930. Spans
-- would be a poor first, for below a short prefix are the numbers of all operators and networks: operators are kept apart
-- first, then networks. A hash does that in a third fewer pages and half the time of the ids, which come last because two
-- ids may share one.
ALTER TABLE ops.routing_rules
  ADD CONSTRAINT ex_routing_rules_equal
    EXCLUDE USING gist ((substr(prefix, 2)::bigint) WITH =, operator_id COLLATE "POSIX" WITH =, plmn WITH &&) WHERE (active),
  ADD CONSTRAINT ex_routing_rules_nested
    EXCLUDE USING gist (hashtextextended(operator_id, 0) WITH =, plmn WITH &&, span WITH &&, operator_id COLLATE "C" WITH =)
    WHERE (active AND NOT allow_nested);

-- One for each order in which an operator's rules are listed, and one for all operators' rules of a prefix. Inactive ones
-- overlap as they like: there may be any number of them beside the few that route.
DROP INDEX ops.ix_routing_rules_operator;
CREATE INDEX ix_routing_rules_operator_prefix ON ops.routing_rules (operator_id, prefix, rule_id);
CREATE INDEX ix_routing_rules_operator_priority ON ops.routing_rules (operator_id, priority, rule_id);
CREATE INDEX ix_routing_rules_operator_created_at ON ops.routing_rules (operator_id, created_at, rule_id);
CREATE INDEX ix_routing_rules_prefix ON ops.routing_rules (prefix, active);
