-- Last, as the scripts before divide in PostgreSQL's way.
SET allow_system_table_mods = on;
UPDATE pg_operator SET oprcode = 'v_internal.divided(int8, int8)'::regprocedure,
  oprresult = 'numeric'::regtype WHERE oid = 'pg_catalog./(int8, int8)'::regoperator;
UPDATE pg_operator SET oprcode = 'v_internal.divided(int4, int4)'::regprocedure,
  oprresult = 'numeric'::regtype WHERE oid = 'pg_catalog./(int4, int4)'::regoperator;
CREATE FUNCTION v_internal.divided(int8, int4) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.divided($1, $2::int8) $$;
CREATE FUNCTION v_internal.divided(int4, int8) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.divided($1::int8, $2) $$;
UPDATE pg_operator SET oprcode = 'v_internal.divided(int8, int4)'::regprocedure,
  oprresult = 'numeric'::regtype WHERE oid = 'pg_catalog./(int8, int4)'::regoperator;
UPDATE pg_operator SET oprcode = 'v_internal.divided(int4, int8)'::regprocedure,
  oprresult = 'numeric'::regtype WHERE oid = 'pg_catalog./(int4, int8)'::regoperator;
