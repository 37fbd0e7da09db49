-- V_CATALOG, by the pages of the system tables; every name as it was spelled.
CREATE VIEW v_catalog.schemata AS
  SELECT s.oid::int8 AS schema_id, s.spelled AS schema_name,
    (SELECT database FROM v_internal.settings)::varchar AS schema_owner_database,
    (SELECT dbadmin FROM v_internal.settings)::varchar AS schema_owner,
    0::int8 AS system_schema_creator, s.spelled LIKE 'v\_%' AS is_system_schema,
    now() AS create_time FROM v_internal.schema_facts s;

CREATE VIEW v_catalog.tables AS
  SELECT s.oid::int8 AS table_schema_id, s.spelled AS table_schema, t.relid::int8 AS table_id,
    t.spelled AS table_name, 45035996273704962::int8 AS owner_id, t.owner AS owner_name,
    t.is_temp AS is_temp_table, false AS is_system_table, false AS force_outer,
    false AS is_flextable, false AS is_shared, false AS has_aggregate_projection,
    '' ::varchar AS system_table_creator, t.partition_expression, t.created AS create_time,
    t.definition AS table_definition, 7::int8 AS recover_priority, '' ::varchar AS storage_mode,
    t.inherits_privileges AS inherited_privileges_enabled, NULL::varchar AS partition_group_expression
  FROM v_internal.table_facts t JOIN v_internal.schema_facts s ON s.oid = t.schema
  WHERE NOT t.is_view;

CREATE VIEW v_catalog.all_tables AS
  SELECT table_schema AS schema_name, table_id, table_name, 'TABLE'::varchar AS table_type,
    ''::varchar AS remarks FROM v_catalog.tables
  UNION ALL SELECT s.spelled, t.relid::int8, t.spelled, 'VIEW', '' FROM v_internal.table_facts t
    JOIN v_internal.schema_facts s ON s.oid = t.schema WHERE t.is_view;

CREATE VIEW v_catalog.views AS
  SELECT s.oid::int8 AS table_schema_id, s.spelled AS table_schema, t.relid::int8 AS table_id,
    t.spelled AS table_name, 45035996273704962::int8 AS owner_id, t.owner AS owner_name,
    t.definition AS view_definition, false AS is_system_view, ''::varchar AS system_view_creator,
    t.created AS create_time, t.is_temp AS is_local_temp_view,
    t.inherits_privileges AS inherit_privileges
  FROM v_internal.table_facts t JOIN v_internal.schema_facts s ON s.oid = t.schema WHERE t.is_view;

CREATE VIEW v_internal.all_columns AS
  SELECT t.relid::int8 AS table_id, s.spelled AS table_schema, t.spelled AS table_name, t.is_view,
    (t.relid::int8 || '-' || c.number)::varchar AS column_id, c.spelled AS column_name,
    c.type AS data_type, c.type_oid AS data_type_id, c.size AS data_type_length,
    CASE WHEN c.type_oid IN (8, 9, 17, 115, 116, 117) THEN c.size END AS character_maximum_length,
    CASE WHEN c.type_oid = 16 THEN (c.modifier - 4) >> 16 END AS numeric_precision,
    CASE WHEN c.type_oid = 16 THEN (c.modifier - 4) & 65535 END AS numeric_scale,
    CASE WHEN c.type_oid IN (11, 12, 13, 15) THEN CASE WHEN c.modifier < 0 THEN 6
      ELSE c.modifier END END AS datetime_precision,
    CASE WHEN c.type_oid = 14 THEN c.modifier & 15 END AS interval_precision,
    (SELECT count(*) FROM v_internal.column_facts o
      WHERE o.relid = c.relid AND o.number <= c.number) AS ordinal_position,
    NOT c.not_null AS is_nullable, nullif(c.default_text, '') AS column_default,
    ''::varchar AS column_set_using, c.identity AS is_identity, '' ::varchar AS statistics_type,
    NULL::timestamptz AS statistics_updated_timestamp, false AS is_system_table
  FROM v_internal.column_facts c JOIN v_internal.table_facts t USING (relid)
    JOIN v_internal.schema_facts s ON s.oid = t.schema;
CREATE VIEW v_catalog.columns AS SELECT table_id, table_schema, table_name, is_system_table,
    column_id, column_name, data_type, data_type_id, data_type_length, character_maximum_length,
    numeric_precision, numeric_scale, datetime_precision, interval_precision, ordinal_position,
    is_nullable, column_default, column_set_using, is_identity, statistics_type,
    statistics_updated_timestamp FROM v_internal.all_columns WHERE NOT is_view;
CREATE VIEW v_catalog.view_columns AS SELECT table_id, table_schema, table_name, column_id,
    column_name, data_type, data_type_id, data_type_length, character_maximum_length,
    numeric_precision, numeric_scale, datetime_precision, interval_precision, ordinal_position
  FROM v_internal.all_columns WHERE is_view;

CREATE VIEW v_catalog.table_constraints AS
  SELECT c.id AS constraint_id, c.name AS constraint_name, t.schema::int8 AS constraint_schema_id,
    1::int8 AS constraint_key_count, c.other::int8 AS foreign_key_count, t.relid::int8 AS table_id,
    t.spelled AS table_name, c.other::int8 AS foreign_table_id, c.kind AS constraint_type,
    c.enabled AS is_enabled, c.predicate
  FROM v_internal.constraint_facts c JOIN v_internal.table_facts t USING (relid);
CREATE VIEW v_catalog.constraint_columns AS
  SELECT c.id AS constraint_id, t.relid::int8 AS table_id, s.spelled AS table_schema,
    t.spelled AS table_name, k.name AS column_name, c.name AS constraint_name,
    c.kind AS constraint_type, c.enabled AS is_enabled,
    v_internal.schema_of(c.other) AS reference_table_schema,
    v_internal.name_of(c.other) AS reference_table_name,
    c.other_columns[k.place] AS reference_column_name, k.place AS ordinal_position
  FROM v_internal.constraint_facts c JOIN v_internal.table_facts t USING (relid)
    JOIN v_internal.schema_facts s ON s.oid = t.schema,
    LATERAL unnest(c.columns) WITH ORDINALITY k(name, place);
CREATE VIEW v_catalog.primary_keys AS
  SELECT constraint_id, constraint_name, column_name, ordinal_position, table_name,
    constraint_type, is_enabled, table_schema FROM v_catalog.constraint_columns
  WHERE constraint_type = 'p';
CREATE VIEW v_catalog.foreign_keys AS
  SELECT constraint_id, constraint_name, column_name, ordinal_position, table_name,
    reference_table_name, constraint_type, reference_column_name, table_schema,
    reference_table_schema FROM v_catalog.constraint_columns WHERE constraint_type = 'f';

CREATE VIEW v_catalog.projections AS
  SELECT t.schema::int8 AS projection_schema_id, s.spelled AS projection_schema,
    p.id AS projection_id, p.name AS projection_name, p.basename AS projection_basename,
    45035996273704962::int8 AS owner_id, t.owner AS owner_name, t.relid::int8 AS anchor_table_id,
    t.spelled AS anchor_table_name, 0::int8 AS node_id, ''::varchar AS node_name,
    false AS is_prejoin, 1::int8 AS created_epoch,
    p.create_type,
    p.ksafe AS verified_fault_tolerance, true AS is_up_to_date, true AS has_statistics,
    p.segmented <> '' AS is_segmented, p.segmented AS segment_expression,
    (CASE WHEN p.segmented <> '' THEN 'implicit range: v_' || (SELECT database FROM
      v_internal.settings) || '_node0001[33.3%]' ELSE '' END)::varchar AS segment_range,
    array_length(p.columns, 1) = (SELECT count(*) FROM v_internal.column_facts c
      WHERE c.relid = p.relid) AS is_super_projection,
    NOT p.is_created_by_user AS is_key_constraint_projection, false AS has_expressions,
    false AS is_aggregate_projection, ''::varchar AS aggregate_type, false AS is_shared,
    ''::varchar AS partition_range_min, ''::varchar AS partition_range_max,
    coalesce(p.offsets, 0) AS segment_offset
  FROM v_internal.projection_facts p JOIN v_internal.table_facts t USING (relid)
    JOIN v_internal.schema_facts s ON s.oid = t.schema;
CREATE VIEW v_catalog.projection_columns AS
  SELECT p.id AS projection_id, p.name AS projection_name, c.name AS projection_column_name,
    (c.place - 1)::int8 AS column_position,
    (array_position(p.orders, c.name) - 1)::int8 AS sort_position,
    (p.id || '-' || c.place)::varchar AS column_id, f.type AS data_type,
    coalesce(p.encodings[c.place], f.encoding, 'AUTO')::varchar AS encoding_type,
    0::int8 AS access_rank, 0::int8 AS group_id, s.spelled AS table_schema,
    t.relid::int8 AS table_id, t.spelled AS table_name, c.name AS table_column_name,
    'FULL'::varchar AS statistics_type, (t.relid::int8 || '-' || f.number)::varchar AS table_column_id
  FROM v_internal.projection_facts p JOIN v_internal.table_facts t USING (relid)
    JOIN v_internal.schema_facts s ON s.oid = t.schema
    CROSS JOIN LATERAL unnest(p.columns) WITH ORDINALITY c(name, place)
    LEFT JOIN v_internal.column_facts f ON f.spelled = c.name AND f.relid = p.relid;

CREATE VIEW v_catalog.comments AS
  SELECT c.id AS comment_id, coalesce(nullif(c.relid::int8, 0), c.id) AS object_id,
    c.kind AS object_type, c.schema AS object_schema, c.name AS object_name,
    c.child AS child_object, 45035996273704962::int8 AS owner_id, o.dbadmin::varchar AS owner_name,
    c.at AS creation_time, c.comment FROM v_internal.comment_facts c, v_internal.settings o;
CREATE VIEW v_catalog.grants AS
  SELECT min(g.id) AS grant_id, 0::int8 AS grantor_id, g.grantor,
    string_agg(g.privilege || CASE WHEN g.option THEN '*' ELSE '' END, ', ' ORDER BY g.id)
      ::varchar AS privileges_description,
    g.schema AS object_schema, g.name AS object_name, g.relid::int8 AS object_id,
    0::int8 AS object_type_id, g.kind AS object_type, 0::int8 AS grantee_id, g.grantee
  FROM v_internal.grant_facts g
  GROUP BY g.grantor, g.schema, g.name, g.relid, g.kind, g.grantee;
CREATE VIEW v_catalog.users AS
  SELECT 45035996273704962::int8 AS user_id, dbadmin::varchar AS user_name, true AS is_super_user,
    'default'::varchar AS profile_name, false AS is_locked FROM v_internal.settings
  UNION ALL SELECT id, name, is_super, 'default', false FROM v_internal.user_facts WHERE NOT is_role;
CREATE VIEW v_catalog.roles AS
  SELECT id AS role_id, name, NULL::varchar AS assigned_roles FROM v_internal.user_facts
  WHERE is_role UNION ALL SELECT 1, 'public', NULL UNION ALL SELECT 2, 'dbadmin', NULL;
CREATE VIEW v_catalog.nodes AS
  SELECT ('v_' || s.database || '_node' || lpad(n::text, 4, '0'))::varchar AS node_name,
    45035996273704990 + n AS node_id, 'UP'::varchar AS node_state, '127.0.0.1'::varchar AS node_address,
    ''::varchar AS node_address_family, '127.0.0.1'::varchar AS export_address,
    '/vertica/data'::varchar AS catalog_path, 'PERMANENT'::varchar AS node_type, false AS is_ephemeral,
    true AS is_primary, s.version::varchar AS node_version
  FROM v_internal.settings s, generate_series(1, s.nodes) n;
CREATE VIEW v_catalog.databases AS
  SELECT 45035996273704974::int8 AS database_id, database::varchar AS database_name, 1::int8 AS owner_id,
    dbadmin::varchar AS owner_name, nodes AS node_count, true AS is_current_database FROM v_internal.settings;
CREATE TABLE v_internal.type_names (type_id int8, type_name varchar, max_scale int8);
INSERT INTO v_internal.type_names VALUES (5, 'Boolean', NULL), (6, 'Integer', NULL),
  (7, 'Float', NULL), (8, 'Char', NULL), (9, 'Varchar', NULL), (10, 'Date', NULL),
  (11, 'Time', 6), (12, 'Timestamp', 6), (13, 'TimestampTz', 6), (14, 'Interval Day to Second', 6),
  (15, 'TimeTz', 6), (16, 'Numeric', 1024), (17, 'Varbinary', NULL), (20, 'Uuid', NULL),
  (114, 'Interval Year to Month', NULL), (115, 'Long Varchar', NULL),
  (116, 'Long Varbinary', NULL), (117, 'Binary', NULL);
CREATE VIEW v_catalog.types AS
  SELECT type_id, type_name, 0::int8 AS odbc_type, 0::int8 AS odbc_subtype, type_id AS jdbc_type,
    type_id AS jdbc_subtype, 0::int8 AS min_scale, max_scale FROM v_internal.type_names;

CREATE VIEW v_monitor.load_streams AS
  SELECT session_id, transaction_id, statement_id, stream_name, schema_name, table_id, table_name,
    load_start, load_duration_ms, is_executing, accepted_row_count, rejected_row_count, read_bytes,
    input_file_size_bytes FROM v_internal.load_facts;
CREATE VIEW v_monitor.sessions AS SELECT * FROM v_internal.session_facts;
CREATE FUNCTION v_internal.current_session() RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT current_setting('vertica.session')::varchar $$;
CREATE VIEW v_monitor.current_session AS SELECT * FROM v_internal.session_facts
  WHERE session_id = v_internal.current_session();
CREATE TABLE v_monitor.query_requests (session_id varchar, request varchar, success bool);
CREATE TABLE v_monitor.locks (node_names varchar, object_name varchar, lock_mode varchar);
CREATE VIEW v_monitor.user_sessions AS SELECT * FROM v_internal.session_facts;
CREATE VIEW v_internal.dc_session_starts AS SELECT * FROM v_internal.session_facts;
CREATE VIEW v_monitor.configuration_parameters AS SELECT 'ALL'::varchar AS node_name,
    ('Parameter' || n)::varchar AS parameter_name, ''::varchar AS current_value,
    ''::varchar AS default_value FROM generate_series(1, 1500) n;
