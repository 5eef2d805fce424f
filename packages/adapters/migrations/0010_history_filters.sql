CREATE INDEX ix_admin_audit_log_actor ON ops.admin_audit_log (actor, at DESC, audit_id DESC);
CREATE INDEX ix_admin_audit_log_action ON ops.admin_audit_log (action, at DESC, audit_id DESC);
