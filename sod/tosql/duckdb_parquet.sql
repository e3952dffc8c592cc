--
-- It reads the Parquet files of a snapshot. In the snapshot's folder:
--
--   duckdb -csv -bail -f THIS
--
-- The script prints rule, mode and subject, sorted, and leaves a few variables behind.
-- It finds what is proven. What could not be read it does not tell, so no row does
-- not mean clean: foureyes analyze says what is NOT ASSESSED, which includes each
-- rule with a duty that matches nothing.

BEGIN;

-- The manifest says how much there is, and when the collection ended. Times are texts
-- with nine decimals, which are in order as they are.
CREATE TEMP TABLE fe_manifest AS
SELECT ended, counts FROM read_json('manifest.json', columns = {ended: 'VARCHAR', counts: 'STRUCT(nodes BIGINT, grants BIGINT)'});
CREATE TEMP TABLE fe_whole (snapshot_is_whole BOOLEAN NOT NULL CHECK (snapshot_is_whole));
INSERT INTO fe_whole
SELECT counts.nodes = (SELECT count(*) FROM 'nodes.parquet') AND counts.grants = (SELECT count(*) FROM 'grants.parquet') FROM fe_manifest;
CREATE TEMP TABLE fe_as_of (as_of TEXT NOT NULL);
INSERT INTO fe_as_of
SELECT coalesce($AS_OF, left(ended, 19) || '.' || rpad(substr(rtrim(ended, 'Z'), 21), 9, '0') || 'Z') FROM fe_manifest;

CREATE TEMP VIEW fe_node AS
SELECT node, id, kind, source, key, described, coalesce(name, '') AS name FROM 'nodes.parquet';

-- The attributes that duties ask for, a row for each value.
CREATE TEMP TABLE fe_attr AS
SELECT node, name AS attr, value FROM 'attributes.parquet' WHERE name IN ($ATTRIBUTES) AND value IS NOT NULL;

-- The grants that exist at the moment. A time is two columns, of which the second
-- has the last three decimals. Variables are looked up faster than tables.
SET VARIABLE fe_micros = (SELECT (left(as_of, 26) || 'Z')::TIMESTAMPTZ FROM fe_as_of);
SET VARIABLE fe_ns = (SELECT substr(as_of, 27, 3)::INTEGER FROM fe_as_of);
$RANGES
SET VARIABLE fe_first_account = (SELECT first_account FROM fe_range);
SET VARIABLE fe_last_account = (SELECT last_account FROM fe_range);
SET VARIABLE fe_first_group = (SELECT first_group FROM fe_range);
SET VARIABLE fe_last_group = (SELECT last_group FROM fe_range);
CREATE TEMP VIEW fe_edge AS
SELECT from_node, to_node, $TERMS
FROM 'grants.parquet'
WHERE (from_time IS NULL OR from_time < getvariable('fe_micros') OR from_time = getvariable('fe_micros') AND from_time_ns <= getvariable('fe_ns'))
  AND (until_time IS NULL OR until_time > getvariable('fe_micros') OR until_time = getvariable('fe_micros') AND until_time_ns > getvariable('fe_ns'));

