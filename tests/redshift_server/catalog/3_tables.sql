-- What Redshift knows of a table beyond PostgreSQL, and what COPY and UNLOAD leave behind.
CREATE TABLE rs_catalog.users (name text PRIMARY KEY, password text);
CREATE TABLE rs_catalog.table_facts (
  reloid oid PRIMARY KEY, diststyle int NOT NULL, interleaved bool NOT NULL DEFAULT false);
CREATE TABLE rs_catalog.column_facts (
  reloid oid, attnum int, encoding int, distkey bool NOT NULL DEFAULT false,
  sortkey int NOT NULL DEFAULT 0, PRIMARY KEY (reloid, attnum));
CREATE TABLE rs_catalog.late_views (
  reloid oid PRIMARY KEY, schemaname text, viewname text, definition text);
CREATE TABLE rs_catalog.external_schemas (
  esoid oid PRIMARY KEY, databasename text, role text, options text);
CREATE TABLE rs_catalog.external_tables (
  reloid oid PRIMARY KEY, location text, format text, delimiter text, properties text,
  partition_columns text[] NOT NULL DEFAULT '{}');
CREATE TABLE rs_catalog.external_partitions (
  reloid oid, spec text[], location text, PRIMARY KEY (reloid, spec));
CREATE TABLE rs_catalog.load_errors (
  userid int, slice int, tbl oid, starttime timestamp DEFAULT (now() AT TIME ZONE 'UTC'),
  session int, query bigint, filename varchar(256), line_number bigint, colname varchar(127),
  type varchar(10), col_length varchar(10), position int, raw_line varchar(1024),
  raw_field_value varchar(1024), err_code int, err_reason varchar(100),
  is_partial int DEFAULT 0, start_offset bigint DEFAULT 0, xid bigint DEFAULT 0);
CREATE TABLE rs_catalog.loaderror_detail (
  userid int, slice int, session int, query bigint, filename varchar(256), line_number bigint,
  field int, colname varchar(127), value varchar(1024), is_null int, type varchar(10),
  col_length varchar(10));
CREATE TABLE rs_catalog.load_commits (
  userid int, query bigint, slice int, name varchar(256), filename varchar(256), byte_offset int,
  lines_scanned int, errors int, curtime timestamp DEFAULT (now() AT TIME ZONE 'UTC'), status int,
  file_format varchar(16), is_partial int DEFAULT 0, start_offset bigint DEFAULT 0);
CREATE TABLE rs_catalog.replacements (
  userid int, query bigint, slice int, tbl oid,
  starttime timestamp DEFAULT (now() AT TIME ZONE 'UTC'), session int, filename varchar(256),
  line_number bigint, colname varchar(127), raw_line varchar(1024));
CREATE TABLE rs_catalog.unload_log (
  userid int, query bigint, slice int, pid int, path varchar(1280),
  start_time timestamp DEFAULT (now() AT TIME ZONE 'UTC'),
  end_time timestamp DEFAULT (now() AT TIME ZONE 'UTC'), line_count bigint, transfer_size bigint,
  file_format varchar(10));
CREATE TABLE rs_catalog.query_history (
  user_id int, query_id bigint, session_id int, database_name varchar(128), query_type varchar(32),
  status varchar(10), start_time timestamp, end_time timestamp, returned_rows bigint,
  error_message varchar(512), query_text varchar(4000));
CREATE TABLE rs_catalog.stv_slices (node int, slice int, localslice int, type varchar(1));
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rs_catalog TO PUBLIC;
REVOKE ALL ON rs_catalog.users FROM PUBLIC;
