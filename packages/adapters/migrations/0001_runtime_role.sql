-- The services log in as members of this group role, which owns nothing. Its rights are granted where each table is
-- made: nobody inherits them by default.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ops_runtime') THEN
    BEGIN
      CREATE ROLE ops_runtime NOLOGIN;
    EXCEPTION
      -- Roles belong to the server: the migration of a neighbouring database may have made it meanwhile.
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role ops_runtime is missing and % may not create it', current_user
          USING ERRCODE = 'insufficient_privilege',
                HINT = 'Have an administrator run: CREATE ROLE ops_runtime NOLOGIN';
    END;
  END IF;
  -- A login that can make temporary tables has DDL after all.
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ops_runtime', current_database());
END
$$;

REVOKE ALL ON SCHEMA ops FROM PUBLIC;
GRANT USAGE ON SCHEMA ops TO ops_runtime;
GRANT SELECT ON ops.schema_migrations TO ops_runtime;
