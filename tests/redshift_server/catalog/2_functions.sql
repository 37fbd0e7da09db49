-- Functions that Redshift has and PostgreSQL has not, as far as loading and unloading needs them.
SET allow_system_table_mods = on;
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT date_trunc('second', now() AT TIME ZONE 'UTC') $$;
CREATE FUNCTION pg_catalog.len(text) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT length(convert_to($1, 'SQL_ASCII'), 'UTF8') $$;
CREATE FUNCTION pg_catalog.nvl(anycompatible, anycompatible) RETURNS anycompatible
  LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1, $2) $$;
CREATE FUNCTION pg_catalog.is_valid_json(text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT $1 IS JSON OBJECT $$;
CREATE FUNCTION pg_catalog.json_extract_path_text(varchar, varchar) RETURNS varchar
  LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ($1::json ->> $2)::varchar $$;
CREATE FUNCTION rs_catalog.listagg_add(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || $3 || $2 END $$;
CREATE AGGREGATE pg_catalog.listagg(text, text) (SFUNC = rs_catalog.listagg_add, STYPE = text);
CREATE FUNCTION pg_catalog.datediff(varchar, timestamp, timestamp) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE WHEN lower($1) LIKE 'd%' THEN $3::date - $2::date
    ELSE floor(extract(epoch FROM $3 - $2)
      / CASE WHEN lower($1) LIKE 'h%' THEN 3600 WHEN lower($1) LIKE 'mi%' THEN 60 ELSE 1 END)
    END::bigint $$;
-- What is said of these numbers is of our own: the manual documents the names only.
CREATE TABLE rs_catalog.encodings (code int PRIMARY KEY, name text NOT NULL);
INSERT INTO rs_catalog.encodings SELECT place - 1, name FROM unnest(ARRAY['none', 'bytedict',
  'delta', 'delta32k', 'lzo', 'mostly8', 'mostly16', 'mostly32', 'runlength', 'text255', 'text32k',
  'zstd', 'az64']) WITH ORDINALITY AS listed (name, place);
CREATE FUNCTION pg_catalog.format_encoding(int) RETURNS varchar LANGUAGE sql STABLE STRICT AS $$
  SELECT name::varchar FROM rs_catalog.encodings WHERE code = $1 $$;

-- Keys are there to be read and never enforced: their indexes forget that they are unique.
CREATE FUNCTION rs_catalog.unenforce(regclass) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET allow_system_table_mods = on AS $$
  UPDATE pg_catalog.pg_index SET indisunique = false WHERE indrelid = $1 AND indisunique $$;
CREATE FUNCTION rs_catalog.add_foreign(regclass, text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET allow_system_table_mods = on AS $$
BEGIN
  UPDATE pg_catalog.pg_index SET indisunique = true
    WHERE indexrelid IN (SELECT conindid FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u')
    AND connamespace <> 'rs_catalog'::regnamespace);
  EXECUTE format('ALTER TABLE %s ADD %s NOT ENFORCED', $1, $2);
  UPDATE pg_catalog.pg_index SET indisunique = false
    WHERE indexrelid IN (SELECT conindid FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u')
    AND connamespace <> 'rs_catalog'::regnamespace);
END $$;
CREATE FUNCTION rs_catalog.count_rows(regclass) RETURNS bigint LANGUAGE plpgsql STABLE
  SECURITY DEFINER AS $$
DECLARE counted bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s', $1) INTO counted;
  RETURN counted;
END $$;
