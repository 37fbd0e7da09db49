-- What Vertica keeps of each object and PostgreSQL does not; every DDL statement writes here.
CREATE TABLE v_internal.schema_facts (oid oid PRIMARY KEY, spelled varchar);
INSERT INTO v_internal.schema_facts VALUES ('public'::regnamespace, 'public'),
  ('v_catalog'::regnamespace, 'v_catalog'), ('v_monitor'::regnamespace, 'v_monitor'),
  ('v_internal'::regnamespace, 'v_internal');
CREATE TABLE v_internal.table_facts (
  relid oid PRIMARY KEY, schema oid, spelled varchar, is_view bool, is_temp bool,
  partition_expression varchar, definition varchar, owner varchar, created timestamptz,
  inherits_privileges bool DEFAULT false, is_broken bool DEFAULT false, labels varchar[],
  path varchar);
CREATE TABLE v_internal.column_facts (
  relid oid, number int8, spelled varchar, type varchar, type_oid int8, modifier int8, size int8,
  not_null bool, identity bool, default_text varchar, encoding varchar,
  PRIMARY KEY (relid, number));
CREATE SEQUENCE v_internal.ids START 45035996273704962;
CREATE TABLE v_internal.constraint_facts (
  id int8 DEFAULT nextval('v_internal.ids'), relid oid, name varchar, kind varchar,
  columns varchar[], enabled bool, other oid, other_columns varchar[], predicate varchar);
CREATE TABLE v_internal.projection_facts (
  id int8 DEFAULT nextval('v_internal.ids'), relid oid, name varchar, basename varchar,
  columns varchar[], encodings varchar[], orders varchar[], segmented varchar, offsets int8,
  ksafe int8, is_created_by_user bool, create_type varchar);
CREATE TABLE v_internal.comment_facts (
  id int8 DEFAULT nextval('v_internal.ids'), relid oid, kind varchar, schema varchar,
  name varchar, child varchar, comment varchar, at timestamptz DEFAULT now());
CREATE TABLE v_internal.grant_facts (
  id int8 DEFAULT nextval('v_internal.ids'), relid oid, kind varchar, schema varchar,
  name varchar, grantor varchar, grantee varchar, privilege varchar, option bool);
CREATE TABLE v_internal.user_facts (
  id int8 DEFAULT nextval('v_internal.ids'), name varchar, is_role bool, is_super bool);
CREATE TABLE v_internal.load_facts (
  session_id varchar, transaction_id int8, statement_id int8, stream_name varchar,
  schema_name varchar, table_id int8, table_name varchar, load_start varchar,
  load_duration_ms numeric, is_executing bool, accepted_row_count int8,
  rejected_row_count int8, read_bytes int8, input_file_size_bytes int8);
CREATE TABLE v_internal.session_facts (
  node_name varchar, user_name varchar, client_hostname varchar, session_id varchar,
  client_label varchar, client_type varchar, authentication_method varchar, ssl_state varchar,
  client_version varchar, client_os varchar, client_os_user_name varchar, client_pid varchar, client_os_hostname varchar,
  login_timestamp timestamptz DEFAULT now());
CREATE VIEW v_internal.owner_of AS SELECT version, dbadmin FROM v_internal.settings;

CREATE FUNCTION v_internal.name_of(oid) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT spelled FROM v_internal.table_facts WHERE relid = $1 $$;
CREATE FUNCTION v_internal.schema_of(oid) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT s.spelled FROM v_internal.table_facts t JOIN v_internal.schema_facts s ON s.oid = t.schema
  WHERE t.relid = $1 $$;
CREATE FUNCTION v_internal.broken(text) RETURNS bool LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE '%', $1 USING ERRCODE = 'V1002', HINT = 'vertica:42V01:4566'; END $$;
-- The views that look at relations, those that look at these views, and so on, first ones first.
CREATE FUNCTION v_internal.lookers(oids oid[]) RETURNS SETOF oid LANGUAGE sql STABLE AS $$
  WITH RECURSIVE seen(oid, depth) AS (
    SELECT unnest(oids), 0
    UNION ALL SELECT r.ev_class, seen.depth + 1 FROM seen
      JOIN pg_depend d ON d.refobjid = seen.oid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid WHERE r.ev_class <> seen.oid AND seen.depth < 50)
  SELECT oid FROM seen WHERE depth > 0 GROUP BY oid ORDER BY max(depth) $$;
CREATE FUNCTION v_internal.oid_of(text) RETURNS oid LANGUAGE sql STABLE AS $$
  SELECT to_regclass($1)::oid $$;
