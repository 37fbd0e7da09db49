-- The catalog as Redshift shows it. Statements that name pg_class and its like are led here.
CREATE FUNCTION rs_catalog.is_seen(int) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT $1 = (SELECT oid::int FROM pg_catalog.pg_roles WHERE rolname = current_user)
    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) $$;
CREATE VIEW rs_catalog.stl_load_errors AS SELECT userid, slice, tbl, starttime, session, query,
  filename::char(256), line_number, colname::char(127), type::char(10), col_length::char(10),
  position, raw_line::char(1024), raw_field_value::char(1024), err_code, err_reason::char(100),
  is_partial, start_offset FROM rs_catalog.load_errors WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.stl_loaderror_detail AS SELECT * FROM rs_catalog.loaderror_detail
  WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.sys_load_error_detail AS SELECT userid AS user_id, query AS query_id,
  xid AS transaction_id, session AS session_id, rs_catalog.database_name()::char(64) AS database_name,
  tbl::int AS table_id, starttime AS start_time, filename::char(256) AS file_name, line_number,
  colname::char(127) AS column_name, type::char(10) AS column_type, col_length::char(10)
  AS column_length, position, err_code AS error_code, err_reason::char(512) AS error_message
  FROM rs_catalog.load_errors WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.stl_load_commits AS SELECT * FROM rs_catalog.load_commits
  WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.stl_replacements AS SELECT * FROM rs_catalog.replacements
  WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.stl_unload_log AS SELECT * FROM rs_catalog.unload_log
  WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.sys_unload_detail AS SELECT userid AS user_id, query AS query_id,
  pid AS session_id, path AS file_name, file_format, line_count AS row_count, transfer_size
  AS file_size, start_time, end_time FROM rs_catalog.unload_log WHERE rs_catalog.is_seen(userid);
CREATE VIEW rs_catalog.sys_query_history AS SELECT * FROM rs_catalog.query_history
  WHERE rs_catalog.is_seen(user_id);
CREATE VIEW rs_catalog.sys_load_history AS SELECT h.user_id, h.query_id, h.session_id,
  h.database_name, h.status, max(c.name) AS table_name, h.start_time, h.end_time,
  coalesce(sum(c.lines_scanned), 0) AS loaded_rows, count(c.filename) AS source_file_count,
  coalesce(sum(c.errors), 0) AS error_count
  FROM rs_catalog.query_history h LEFT JOIN rs_catalog.load_commits c ON c.query = h.query_id
  WHERE h.query_type = 'COPY' AND rs_catalog.is_seen(h.user_id) GROUP BY 1, 2, 3, 4, 5, 7, 8;

CREATE FUNCTION rs_catalog.shown_acl(aclitem[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE NOT r.rolcanlogin
    AND r.rolname = split_part(item::text, '=', 1)) THEN 'group ' ELSE '' END || item::text)
  FROM unnest($1) AS listed (item) $$;
CREATE VIEW rs_catalog.pg_class AS SELECT c.oid, c.relname, c.relnamespace, c.reltype, c.relowner,
  c.relam, c.relfilenode, c.relpages, c.reltuples, c.relhasindex, c.relkind, c.relnatts,
  c.relchecks, rs_catalog.shown_acl(c.relacl) AS relacl,
  coalesce(f.diststyle, 10)::int2 AS reldiststyle
  FROM pg_catalog.pg_class c LEFT JOIN rs_catalog.table_facts f ON f.reloid = c.oid
  WHERE c.relnamespace <> 'rs_catalog'::regnamespace
  AND NOT EXISTS (SELECT FROM rs_catalog.external_tables x WHERE x.reloid = c.oid)
  AND c.relkind <> 'i' AND NOT (c.relkind = 'S' AND EXISTS (
    SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i'));
CREATE FUNCTION rs_catalog.usual_encoding(oid, int) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT code FROM rs_catalog.encodings WHERE name = CASE WHEN $2 > 0 THEN 'none'
    WHEN $1 IN (21, 23, 20, 1700, 1082, 1083, 1266, 1114, 1184) THEN 'az64'
    WHEN $1 IN (1042, 1043) THEN 'lzo' ELSE 'none' END $$;
CREATE VIEW rs_catalog.pg_attribute AS SELECT a.attrelid, a.attname, a.atttypid, a.attlen,
  a.attnum, a.attndims, a.atttypmod, a.attbyval, a.attstorage, a.attalign, a.attnotnull,
  a.atthasdef OR a.attidentity <> '' AS atthasdef, a.attisdropped, a.attislocal, a.attinhcount,
  coalesce(f.encoding, rs_catalog.usual_encoding(a.atttypid, coalesce(f.sortkey, 0)))::int2
  AS attencodingtype, coalesce(f.distkey, false) AS attisdistkey,
  coalesce(f.sortkey, 0) AS attsortkeyord, false AS attispreloaded
  FROM pg_catalog.pg_attribute a
  LEFT JOIN rs_catalog.column_facts f ON f.reloid = a.attrelid AND f.attnum = a.attnum
  WHERE NOT EXISTS (SELECT FROM rs_catalog.late_views v WHERE v.reloid = a.attrelid)
  AND NOT EXISTS (SELECT FROM rs_catalog.external_tables x WHERE x.reloid = a.attrelid);
CREATE VIEW rs_catalog.identities AS SELECT a.attrelid, a.attnum, format(
  '"identity"(%s, %s, ''%s,%s''::text)', a.attrelid, a.attnum - 1, s.seqstart, s.seqincrement)
  AS source FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_depend d
  ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid WHERE a.attidentity <> '';
CREATE VIEW rs_catalog.pg_attrdef AS SELECT d.adrelid, d.adnum, d.adbin,
  pg_get_expr(d.adbin, d.adrelid) AS adsrc FROM pg_catalog.pg_attrdef d
  UNION ALL SELECT attrelid, attnum, NULL, source FROM rs_catalog.identities;
CREATE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record
  LANGUAGE sql STABLE AS $$
  SELECT v.schemaname::name, v.viewname::name, a.attname, format_type(a.atttypid,
  a.atttypmod)::varchar, a.attnum::int FROM rs_catalog.late_views v
  JOIN pg_catalog.pg_attribute a ON a.attrelid = v.reloid AND a.attnum > 0 $$;

CREATE VIEW rs_catalog.pg_table_def AS SELECT n.nspname AS schemaname, c.relname AS tablename,
  a.attname AS "column", format_type(a.atttypid, a.atttypmod)::varchar AS type,
  format_encoding(a.attencodingtype) AS encoding, a.attisdistkey AS distkey,
  a.attsortkeyord AS sortkey, a.attnotnull AS notnull
  FROM rs_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN rs_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND n.nspname = ANY (current_schemas(true));
CREATE VIEW rs_catalog.user_columns AS SELECT c.oid AS reloid, n.nspname, c.relname, c.relkind,
  a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attencodingtype, a.attisdistkey,
  a.attsortkeyord, format_type(a.atttypid, a.atttypmod)::varchar AS type, d.adsrc
  FROM rs_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN rs_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN rs_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'v') AND n.nspname NOT IN ('rs_catalog', 'pg_catalog',
  'information_schema') AND n.nspname !~ '^pg_toast';
CREATE VIEW rs_catalog.svv_columns AS SELECT rs_catalog.database_name()::varchar AS table_catalog,
  nspname::varchar AS table_schema, relname::varchar AS table_name, attname::varchar
  AS column_name, attnum::int AS ordinal_position, adsrc::varchar AS column_default,
  CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END::varchar AS is_nullable,
  split_part(type, '(', 1)::varchar AS data_type,
  CASE WHEN atttypid IN (1042, 1043) THEN atttypmod - 4 END AS character_maximum_length,
  CASE WHEN atttypid = 1700 THEN (atttypmod - 4) >> 16 END AS numeric_precision,
  CASE WHEN atttypid = 1700 THEN (atttypmod - 4) & 65535 END AS numeric_scale,
  NULL::varchar AS remarks FROM rs_catalog.user_columns;
CREATE VIEW rs_catalog.svv_redshift_columns AS SELECT rs_catalog.database_name()::varchar
  AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name,
  attname::varchar AS column_name, attnum::int AS ordinal_position, type AS data_type,
  adsrc::varchar AS column_default, CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END::varchar
  AS is_nullable, format_encoding(attencodingtype) AS encoding, attisdistkey AS distkey,
  attsortkeyord AS sortkey, NULL::varchar AS column_acl, NULL::varchar AS remarks
  FROM rs_catalog.user_columns;
CREATE VIEW rs_catalog.svv_tables AS SELECT rs_catalog.database_name()::varchar AS table_catalog,
  n.nspname::varchar AS table_schema, c.relname::varchar AS table_name,
  CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END::varchar AS table_type,
  obj_description(c.oid, 'pg_class')::varchar AS remarks
  FROM rs_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v') AND n.nspname !~ '^pg_toast';
CREATE VIEW rs_catalog.svv_redshift_tables AS SELECT rs_catalog.database_name()::varchar AS database_name,
  n.nspname::varchar AS schema_name, c.relname::varchar AS table_name,
  CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END::varchar AS table_type,
  array_to_string(c.relacl, '~')::varchar AS table_acl,
  obj_description(c.oid, 'pg_class')::varchar AS remarks
  FROM rs_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v') AND n.nspname !~ '^pg_';
CREATE VIEW rs_catalog.svv_relation_privileges AS SELECT n.nspname::varchar AS namespace_name,
  c.relname::varchar AS relation_name, x.privilege_type::varchar, x.grantee::int AS identity_id,
  coalesce(r.rolname, 'public')::varchar AS identity_name, CASE WHEN r.rolname IS NULL
  THEN 'public' WHEN r.rolcanlogin THEN 'user' ELSE 'group' END::varchar AS identity_type,
  x.is_grantable AS admin_option FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL aclexplode(c.relacl) x LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
  WHERE c.relkind IN ('r', 'v') AND n.nspname !~ '^(pg_|rs_catalog|information_schema)';
CREATE VIEW rs_catalog.svv_table_info AS SELECT rs_catalog.database_name()::text AS database,
  u.nspname::text AS schema, u.reloid AS table_id, u.relname::text AS "table",
  'Y'::text AS encoded, CASE c.reldiststyle WHEN 0 THEN 'EVEN' WHEN 1 THEN 'KEY(' || max(u.attname)
  FILTER (WHERE u.attisdistkey) || ')' WHEN 8 THEN 'ALL' ELSE 'AUTO(ALL)' END AS diststyle,
  coalesce(max(u.attname::text) FILTER (WHERE u.attsortkeyord = 1), 'AUTO(SORTKEY)') AS sortkey1,
  coalesce(max(u.atttypmod - 4) FILTER (WHERE u.atttypid = 1043), 0) AS max_varchar,
  max(format_encoding(u.attencodingtype)) FILTER (WHERE u.attsortkeyord = 1) AS sortkey1_enc,
  count(*) FILTER (WHERE u.attsortkeyord > 0)::int AS sortkey_num,
  (pg_total_relation_size(u.reloid) / 1048576 + 1)::bigint AS size, 0::numeric(10,4) AS pct_used,
  0::bigint AS empty, 0::numeric(5,2) AS unsorted, 0::numeric(5,2) AS stats_off,
  rs_catalog.count_rows(u.reloid)::numeric(38,0) AS tbl_rows
  FROM rs_catalog.user_columns u JOIN rs_catalog.pg_class c ON c.oid = u.reloid
  WHERE u.relkind = 'r' AND rs_catalog.count_rows(u.reloid) > 0
  GROUP BY u.nspname, u.reloid, u.relname, c.reldiststyle;
CREATE VIEW rs_catalog.pg_views AS SELECT p.schemaname, p.viewname, p.viewowner, coalesce(
  'create view ' || v.schemaname || '.' || v.viewname || ' as ' || v.definition
  || ' with no schema binding;', p.definition) AS definition FROM pg_catalog.pg_views p
  LEFT JOIN rs_catalog.late_views v ON v.schemaname = p.schemaname AND v.viewname = p.viewname
  AND v.reloid = to_regclass(quote_ident(p.schemaname) || '.' || quote_ident(p.viewname))
  WHERE p.schemaname <> 'rs_catalog';
-- NOT NULL is no constraint there, as it has come to be in PostgreSQL 18.
CREATE VIEW rs_catalog.pg_constraint AS SELECT oid, conname, connamespace, contype, condeferrable,
  condeferred, conrelid, contypid, confrelid, confupdtype, confdeltype, confmatchtype, conkey,
  confkey FROM pg_catalog.pg_constraint WHERE contype IN ('c', 'f', 'p', 'u');
CREATE VIEW rs_catalog.pg_namespace AS SELECT oid, nspname, nspowner, nspacl
  FROM pg_catalog.pg_namespace WHERE nspname <> 'rs_catalog';
