-- Exclusion constraints that compare text beside ranges need its operator classes. A trusted extension: the owner of the
-- database may install it. Where it is already installed, in whichever schema, it stays there: operator classes are found
-- by type, not by search_path.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA ops;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'extension btree_gist is missing and % may not install it', current_user
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'Have an administrator run: CREATE EXTENSION btree_gist SCHEMA ops';
  WHEN feature_not_supported OR undefined_file THEN
    RAISE EXCEPTION 'extension btree_gist is missing and this server does not have it: %', SQLERRM
      USING ERRCODE = SQLSTATE,
            HINT = 'Install the contrib modules of this PostgreSQL version (often the package postgresql-contrib)';
END
$$;
