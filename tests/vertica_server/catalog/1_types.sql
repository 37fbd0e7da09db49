-- Types of the stand-in's own: octets with a length, and texts and bytes that are LONG.
SET allow_system_table_mods = on;
SET client_min_messages = warning;
CREATE SCHEMA v_internal;
CREATE SCHEMA v_catalog;
CREATE SCHEMA v_monitor;

CREATE FUNCTION v_internal.size_in(cstring[]) RETURNS int4
  LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION v_internal.size_out(int4) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';

CREATE TYPE v_internal.long_varchar;
CREATE FUNCTION v_internal.long_varchar_in(cstring, oid, int4) RETURNS v_internal.long_varchar
  LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION v_internal.long_varchar_out(v_internal.long_varchar) RETURNS cstring
  LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE TYPE v_internal.long_varchar
  (INPUT = v_internal.long_varchar_in, OUTPUT = v_internal.long_varchar_out,
   TYPMOD_IN = v_internal.size_in, TYPMOD_OUT = v_internal.size_out,
   LIKE = pg_catalog.varchar, CATEGORY = 'S', COLLATABLE = true);
CREATE FUNCTION v_internal.long_varchar_sized(v_internal.long_varchar, int4, bool)
  RETURNS v_internal.long_varchar LANGUAGE internal IMMUTABLE STRICT AS 'varchar';
CREATE CAST (v_internal.long_varchar AS v_internal.long_varchar)
  WITH FUNCTION v_internal.long_varchar_sized(v_internal.long_varchar, int4, bool) AS IMPLICIT;
CREATE CAST (v_internal.long_varchar AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (v_internal.long_varchar AS varchar) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS v_internal.long_varchar) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS v_internal.long_varchar) WITHOUT FUNCTION AS ASSIGNMENT;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['binary', 'varbinary', 'long_varbinary'] LOOP
    EXECUTE format('CREATE TYPE v_internal.%I', name);
    EXECUTE format('CREATE FUNCTION v_internal.%I(cstring) RETURNS v_internal.%I
      LANGUAGE internal IMMUTABLE STRICT AS ''byteain''', name || '_in', name);
    EXECUTE format('CREATE FUNCTION v_internal.%I(v_internal.%I) RETURNS cstring
      LANGUAGE internal IMMUTABLE STRICT AS ''byteaout''', name || '_out', name);
    EXECUTE format('CREATE TYPE v_internal.%I (INPUT = v_internal.%I, OUTPUT = v_internal.%I,
      TYPMOD_IN = v_internal.size_in, TYPMOD_OUT = v_internal.size_out,
      LIKE = pg_catalog.bytea)', name, name || '_in', name || '_out');
    EXECUTE format('CREATE CAST (v_internal.%I AS bytea) WITHOUT FUNCTION AS IMPLICIT', name);
    EXECUTE format('CREATE CAST (bytea AS v_internal.%I) WITHOUT FUNCTION AS ASSIGNMENT', name);
  END LOOP;
END $$;
CREATE CAST (v_internal.varbinary AS v_internal.binary) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (v_internal.varbinary AS v_internal.long_varbinary) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (v_internal.long_varbinary AS v_internal.varbinary) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (v_internal.binary AS v_internal.varbinary) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS v_internal.varbinary) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS v_internal.varbinary) WITH INOUT AS ASSIGNMENT;

CREATE FUNCTION v_internal.sized(bytea, int4, bool, text, bool) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF $2 >= 4 AND pg_catalog.length($1) > $2 - 4 THEN
    IF $3 THEN RETURN substring($1 FROM 1 FOR $2 - 4); END IF;
    RAISE 'String of % octets is too long for type %(%)', pg_catalog.length($1), $4, $2 - 4
      USING ERRCODE = '22001', HINT = 'vertica:22001:4800';
  END IF;
  IF $5 AND $2 >= 4 THEN
    RETURN $1 || decode(repeat('00', $2 - 4 - pg_catalog.length($1)), 'hex');
  END IF;
  RETURN $1;
END $$;
CREATE FUNCTION v_internal.varbinary_sized(v_internal.varbinary, int4, bool)
  RETURNS v_internal.varbinary LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.sized($1::bytea, $2, $3, 'Varbinary', false)::v_internal.varbinary $$;
CREATE FUNCTION v_internal.long_varbinary_sized(v_internal.long_varbinary, int4, bool)
  RETURNS v_internal.long_varbinary LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.sized($1::bytea, $2, $3, 'Long Varbinary', false)::v_internal.long_varbinary $$;
CREATE FUNCTION v_internal.binary_sized(v_internal.binary, int4, bool)
  RETURNS v_internal.binary LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.sized($1::bytea, $2, $3, 'Binary', true)::v_internal.binary $$;
CREATE CAST (v_internal.varbinary AS v_internal.varbinary)
  WITH FUNCTION v_internal.varbinary_sized(v_internal.varbinary, int4, bool) AS IMPLICIT;
CREATE CAST (v_internal.long_varbinary AS v_internal.long_varbinary)
  WITH FUNCTION v_internal.long_varbinary_sized(v_internal.long_varbinary, int4, bool) AS IMPLICIT;
CREATE CAST (v_internal.binary AS v_internal.binary)
  WITH FUNCTION v_internal.binary_sized(v_internal.binary, int4, bool) AS IMPLICIT;

-- INTEGER has 64 bits, so a sum of small constants does not overflow, and / is exact (page
-- Mathematical operators): it returns a NUMERIC with 18 digits behind the point.
CREATE FUNCTION v_internal.divided(int8, int8) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.round($1::numeric OPERATOR(pg_catalog./) $2::numeric, 18) $$;
CREATE FUNCTION v_internal.divided(int4, int4) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT v_internal.divided($1::int8, $2::int8) $$;
CREATE FUNCTION v_internal.floored(int8, int8) RETURNS int8
  LANGUAGE internal IMMUTABLE STRICT AS 'int8div';
CREATE OPERATOR v_internal.// (LEFTARG = int8, RIGHTARG = int8, FUNCTION = v_internal.floored);

-- A text that is too long is told with its octets (ERROR 4800).
CREATE FUNCTION v_internal.varchar_sized(varchar, int4, bool) RETURNS varchar
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF $2 >= 4 AND octet_length($1) > $2 - 4 THEN
    IF $3 THEN RETURN pg_catalog.substr($1, 1, $2 - 4); END IF;
    RAISE 'String of % octets is too long for type Varchar(%)', octet_length($1), $2 - 4
      USING ERRCODE = '22001', HINT = 'vertica:22001:4800';
  END IF;
  RETURN $1;
END $$;
CREATE FUNCTION v_internal.char_sized(bpchar, int4, bool) RETURNS bpchar
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF $2 >= 4 AND octet_length(rtrim($1)) > $2 - 4 THEN
    IF $3 THEN RETURN pg_catalog.substr($1::text, 1, $2 - 4); END IF;
    RAISE 'String of % octets is too long for type Char(%)', octet_length(rtrim($1)), $2 - 4
      USING ERRCODE = '22001', HINT = 'vertica:22001:4800';
  END IF;
  RETURN CASE WHEN $2 >= 4 THEN pg_catalog.rpad(rtrim($1), $2 - 4)::bpchar ELSE $1 END;
END $$;
UPDATE pg_cast SET castfunc = 'v_internal.varchar_sized(varchar, int4, bool)'::regprocedure
  WHERE castsource = 'varchar'::regtype AND casttarget = 'varchar'::regtype;
UPDATE pg_cast SET castfunc = 'v_internal.char_sized(bpchar, int4, bool)'::regprocedure
  WHERE castsource = 'bpchar'::regtype AND casttarget = 'bpchar'::regtype;
