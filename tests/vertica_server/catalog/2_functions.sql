-- Functions of Vertica that PostgreSQL has not, or has otherwise.
CREATE TABLE v_internal.settings (database text, version text, dbadmin text, nodes int8);

CREATE FUNCTION v_internal.version() RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT version::varchar FROM v_internal.settings $$;
CREATE FUNCTION v_internal.current_database() RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT database::varchar FROM v_internal.settings $$;
CREATE FUNCTION v_internal.statement_moment() RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT statement_timestamp()::timestamp $$;
CREATE FUNCTION v_internal.last_identity() RETURNS int8 LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN lastval(); EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN NULL; END $$;
CREATE FUNCTION v_internal.getdate() RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT statement_timestamp()::timestamp $$;
-- LENGTH counts characters of a text and octets of bytes (page LENGTH).
CREATE FUNCTION v_internal.length(text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN RETURN pg_catalog.length($1::bytea, 'UTF8'); EXCEPTION WHEN OTHERS THEN
  RETURN octet_length($1); END $$;
CREATE FUNCTION v_internal.length(bytea) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT octet_length($1) $$;
CREATE FUNCTION v_internal.length(char) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.length(rtrim($1::text)) $$;
CREATE FUNCTION v_internal.substr(text, int8) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.substr($1, $2::int4) $$;
CREATE FUNCTION v_internal.substr(text, int8, int8) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.substr($1, $2::int4, $3::int4) $$;
CREATE FUNCTION v_internal.zeroifnull(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce($1, 0) $$;
CREATE FUNCTION v_internal.uuid_generate() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT gen_random_uuid() $$;
CREATE FUNCTION v_internal.hash(VARIADIC text[]) RETURNS int8 LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(array_to_string($1, chr(1), 'null'), 0) & 9223372036854775807 $$;
CREATE FUNCTION v_internal.hash(VARIADIC int8[]) RETURNS int8 LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(array_to_string($1, chr(1), 'null'), 0) & 9223372036854775807 $$;
CREATE FUNCTION v_internal.throw_error(text) RETURNS bool LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE 'USER GENERATED ERROR: %', $1 USING ERRCODE = 'V1001', HINT = 'vertica:V1001:7137';
END $$;
CREATE FUNCTION v_internal.to_hex(bytea) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT encode($1, 'hex') $$;
CREATE FUNCTION v_internal.hex_to_binary(text) RETURNS v_internal.varbinary
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT decode(regexp_replace($1, '^0[xX]', ''), 'hex')::v_internal.varbinary $$;
CREATE FUNCTION v_internal.to_varbinary(text) RETURNS v_internal.varbinary
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1::bytea::v_internal.varbinary $$;
CREATE FUNCTION v_internal.add_months(timestamp, int8) RETURNS timestamp
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 + make_interval(months => $2::int4) $$;
CREATE FUNCTION v_internal.datediff(text, timestamp, timestamp) RETURNS int8
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE lower($1)
    WHEN 'day' THEN $3::date - $2::date
    WHEN 'year' THEN (extract(year FROM $3) - extract(year FROM $2))::int8
    WHEN 'month' THEN ((extract(year FROM $3) - extract(year FROM $2)) * 12
      + extract(month FROM $3) - extract(month FROM $2))::int8
    WHEN 'hour' THEN div(extract(epoch FROM date_trunc('hour', $3)
      - date_trunc('hour', $2))::numeric, 3600)::int8
    ELSE extract(epoch FROM date_trunc('second', $3) - date_trunc('second', $2))::int8 END $$;
CREATE FUNCTION v_internal.to_date(text, text) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.to_date($1, $2) $$;
-- HH without 12 or 24 takes any hour (page Template patterns).
CREATE FUNCTION v_internal.to_timestamp(text, text) RETURNS timestamptz
  LANGUAGE sql STABLE STRICT AS $$
  SELECT pg_catalog.to_timestamp($1, regexp_replace($2, 'HH(?!12|24)', 'HH24', 'g')) $$;
CREATE FUNCTION v_internal.to_timestamp(float8) RETURNS timestamptz
  LANGUAGE sql STABLE STRICT AS $$ SELECT pg_catalog.to_timestamp($1) $$;
CREATE FUNCTION v_internal.regexp_like(text, text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT $1 ~ $2 $$;
CREATE FUNCTION v_internal.instr(text, text) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT strpos($1, $2) $$;
CREATE FUNCTION v_internal.isutf8(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN PERFORM pg_catalog.length($1::bytea, 'UTF8'); RETURN true;
EXCEPTION WHEN OTHERS THEN RETURN false; END $$;
CREATE FUNCTION v_internal.octet_size(text) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT octet_length($1) $$;
