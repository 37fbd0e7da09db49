-- SUPER, VARBYTE, GEOMETRY and HLLSKETCH as types of their own: format_type says what Redshift says.
-- A SUPER that holds JSON begins with the byte 1 inside; one without it is a plain string, as a
-- quoted text that is inserted into a SUPER column is. The byte never leaves the server.
SET allow_system_table_mods = on;
SET client_min_messages = warning;
CREATE TYPE pg_catalog.super;
CREATE FUNCTION pg_catalog.super_in(cstring) RETURNS pg_catalog.super
  LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION pg_catalog.super_out(pg_catalog.super) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE pg_catalog.super
  (INPUT = pg_catalog.super_in, OUTPUT = pg_catalog.super_out, LIKE = pg_catalog.text);
CREATE TYPE pg_catalog.geometry;
CREATE FUNCTION pg_catalog.geometry_in(cstring) RETURNS pg_catalog.geometry
  LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION pg_catalog.geometry_out(pg_catalog.geometry) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE pg_catalog.geometry
  (INPUT = pg_catalog.geometry_in, OUTPUT = pg_catalog.geometry_out, LIKE = pg_catalog.text);
CREATE TYPE pg_catalog.hllsketch;
CREATE FUNCTION pg_catalog.hllsketch_in(cstring) RETURNS pg_catalog.hllsketch
  LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION pg_catalog.hllsketch_out(pg_catalog.hllsketch) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE pg_catalog.hllsketch
  (INPUT = pg_catalog.hllsketch_in, OUTPUT = pg_catalog.hllsketch_out, LIKE = pg_catalog.text);
CREATE TYPE pg_catalog.varbyte;
CREATE FUNCTION pg_catalog.varbyte_in(cstring) RETURNS pg_catalog.varbyte
  LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION pg_catalog.varbyte_out(pg_catalog.varbyte) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE FUNCTION pg_catalog.varbyte_size_in(cstring[]) RETURNS int4
  LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION pg_catalog.varbyte_size_out(int4) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE TYPE pg_catalog.varbyte
  (INPUT = pg_catalog.varbyte_in, OUTPUT = pg_catalog.varbyte_out,
   TYPMOD_IN = pg_catalog.varbyte_size_in, TYPMOD_OUT = pg_catalog.varbyte_size_out,
   LIKE = pg_catalog.bytea);
CREATE CAST (pg_catalog.varbyte AS bytea) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (bytea AS pg_catalog.varbyte) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION pg_catalog.varbyte_sized(pg_catalog.varbyte, int4, bool)
  RETURNS pg_catalog.varbyte LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF $2 >= 4 AND length($1::bytea) > $2 - 4 THEN
    IF $3 THEN RETURN substring($1::bytea FROM 1 FOR $2 - 4); END IF;
    RAISE 'value too long for type varbyte(%)', $2 - 4 USING ERRCODE = '22001';
  END IF;
  RETURN $1;
END $$;
CREATE CAST (pg_catalog.varbyte AS pg_catalog.varbyte)
  WITH FUNCTION pg_catalog.varbyte_sized(pg_catalog.varbyte, int4, bool) AS IMPLICIT;
CREATE FUNCTION pg_catalog.to_varbyte(varchar, varchar) RETURNS pg_catalog.varbyte
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (CASE lower($2) WHEN 'hex' THEN decode($1, 'hex') WHEN 'base64' THEN decode($1, 'base64')
    ELSE convert_to($1, 'SQL_ASCII') END)::pg_catalog.varbyte $$;
CREATE FUNCTION pg_catalog.from_hex(varchar) RETURNS pg_catalog.varbyte
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT decode($1, 'hex')::pg_catalog.varbyte $$;
CREATE FUNCTION pg_catalog.to_hex(pg_catalog.varbyte) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT encode($1::bytea, 'hex')::varchar $$;
CREATE FUNCTION pg_catalog.from_varbyte(pg_catalog.varbyte, varchar) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (CASE lower($2) WHEN 'hex' THEN encode($1::bytea, 'hex')
    WHEN 'base64' THEN encode($1::bytea, 'base64')
    ELSE convert_from($1::bytea, 'SQL_ASCII') END)::varchar $$;

CREATE FUNCTION rs_catalog.compact(json) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE json_typeof($1)
    WHEN 'object' THEN '{' || coalesce((SELECT string_agg(
      to_json(key)::text || ':' || rs_catalog.compact(value), ',') FROM json_each($1)), '') || '}'
    WHEN 'array' THEN '[' || coalesce((SELECT string_agg(rs_catalog.compact(value), ',')
      FROM json_array_elements($1)), '') || ']'
    ELSE btrim($1::text, E' \t\r\n') END;
END $$;
CREATE FUNCTION pg_catalog.json_parse(varchar) RETURNS pg_catalog.super
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE made pg_catalog.super;
BEGIN
  made := E'\x01' || rs_catalog.compact($1::json);
  RETURN made;
EXCEPTION WHEN invalid_text_representation THEN
  RAISE 'JSON parsing error' USING ERRCODE = '22P02', DETAIL = 'Invalid JSON: ' || $1;
END $$;
CREATE FUNCTION rs_catalog.super_json(pg_catalog.super) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE WHEN left(format('%s', $1), 1) = E'\x01' THEN substr(format('%s', $1), 2)
    ELSE to_json(format('%s', $1))::text END $$;
CREATE FUNCTION pg_catalog.json_serialize(pg_catalog.super) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT rs_catalog.super_json($1)::varchar $$;
CREATE FUNCTION rs_catalog.super_varchar(pg_catalog.super) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE WHEN json_typeof(rs_catalog.super_json($1)::json) IN ('object', 'array') THEN NULL
    ELSE json_build_array(rs_catalog.super_json($1)::json) ->> 0 END $$;
CREATE CAST (pg_catalog.super AS varchar)
  WITH FUNCTION rs_catalog.super_varchar(pg_catalog.super) AS ASSIGNMENT;
CREATE CAST (varchar AS pg_catalog.super) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS pg_catalog.super) WITH INOUT AS ASSIGNMENT;
DO $$
DECLARE kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'bool'] LOOP
    EXECUTE format('CREATE FUNCTION rs_catalog.to_super(%s) RETURNS pg_catalog.super
      LANGUAGE sql IMMUTABLE STRICT AS %L', kind, 'SELECT json_parse(to_json($1)::text)');
    EXECUTE format('CREATE CAST (%s AS pg_catalog.super)
      WITH FUNCTION rs_catalog.to_super(%s) AS ASSIGNMENT', kind, kind);
  END LOOP;
END $$;
