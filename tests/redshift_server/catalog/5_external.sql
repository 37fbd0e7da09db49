-- External schemas, tables, columns and partitions: views SVV_EXTERNAL_* of the manual.
CREATE FUNCTION rs_catalog.external_type(oid, int) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT replace(replace(replace(replace(replace(replace(format_type($1, $2), 'integer', 'int'), 'character varying',
  'varchar'), 'numeric', 'decimal'), 'double precision', 'double'),
  'timestamp without time zone', 'timestamp'), 'character(', 'char(')::varchar $$;
CREATE VIEW rs_catalog.svv_external_schemas AS SELECT s.esoid, 1::int AS eskind,
  n.nspname::varchar AS schemaname, n.nspowner::int AS esowner, s.databasename::varchar,
  s.options AS esoptions FROM rs_catalog.external_schemas s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.esoid;
CREATE VIEW rs_catalog.svv_external_tables AS SELECT rs_catalog.database_name()::text
  AS redshift_database_name, n.nspname::text AS schemaname, c.relname::text AS tablename,
  'TABLE'::text AS tabletype, t.location, t.format AS input_format, t.format AS output_format,
  t.format AS serialization_lib, coalesce(t.properties, '{}') AS parameters, 0 AS compressed
  FROM rs_catalog.external_tables t JOIN pg_catalog.pg_class c ON c.oid = t.reloid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;
CREATE VIEW rs_catalog.svv_external_columns AS SELECT rs_catalog.database_name()::text
  AS redshift_database_name, n.nspname::text AS schemaname, c.relname::text AS tablename,
  a.attname::text AS columnname, rs_catalog.external_type(a.atttypid, a.atttypmod)
  AS external_type, a.attnum::int AS columnnum,
  coalesce(array_position(t.partition_columns, a.attname::text), 0) AS part_key,
  'true'::text AS is_nullable
  FROM rs_catalog.external_tables t JOIN pg_catalog.pg_class c ON c.oid = t.reloid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped;
CREATE VIEW rs_catalog.svv_external_partitions AS SELECT n.nspname::text AS schemaname,
  c.relname::text AS tablename, (to_json(p.spec))::text AS values, p.location,
  t.format AS input_format, t.format AS output_format
  FROM rs_catalog.external_partitions p JOIN rs_catalog.external_tables t ON t.reloid = p.reloid
  JOIN pg_catalog.pg_class c ON c.oid = t.reloid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;
GRANT SELECT ON ALL TABLES IN SCHEMA rs_catalog TO PUBLIC;
REVOKE ALL ON rs_catalog.users FROM PUBLIC;
