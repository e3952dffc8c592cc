--
-- It reads an exported snapshot from a table of one column:
--
--   foureyes snapshot export --out facts.jsonl SNAPSHOT
--   CREATE TABLE facts (fact jsonb);
--   \copy facts from 'facts.jsonl' with (format csv, quote e'\x01', delimiter e'\x02', encoding 'UTF8')
--   psql --quiet --csv --set ON_ERROR_STOP=1 --file THIS
--
-- The two odd characters, which no export holds, make \copy take each line as it is.
-- The script prints rule, mode and subject, sorted, and leaves nothing behind.
-- It finds what is proven. What could not be read it does not tell, so no row does
-- not mean clean: foureyes analyze says what is NOT ASSESSED, which includes each
-- rule with a duty that matches nothing.

BEGIN;
SET LOCAL standard_conforming_strings = on;

-- The export ends by saying how many lines it has.
CREATE TEMP TABLE fe_whole (facts_are_whole BOOLEAN NOT NULL CHECK (facts_are_whole));
INSERT INTO fe_whole SELECT (SELECT sum((fact->>'facts')::BIGINT) FROM facts WHERE fact->>'fact' = 'end') = count(*) - 1 FROM facts;

-- When it is. Times are texts with nine decimals, which are in order as they are;
-- the longest that a database keeps as times is a millionth of a second.
CREATE FUNCTION pg_temp.fe_moment(t TEXT) RETURNS TEXT IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT left(t, 19) || '.' || rpad(substr(rtrim(t, 'Z'), 21), 9, '0') || 'Z' COLLATE "C" $$;
CREATE TEMP TABLE fe_as_of (as_of TEXT COLLATE "C" NOT NULL);
INSERT INTO fe_as_of SELECT coalesce($AS_OF, (SELECT max(pg_temp.fe_moment(fact->>'ended')) FROM facts WHERE fact->>'fact' = 'source'));

-- Everything that a node, a grant or a gap names, in the order of IDs.
CREATE TEMP TABLE fe_node AS
SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS node, id,
  split_part(id, ':', 1) AS kind, split_part(split_part(id, '/', 1), ':', 2) AS source, substr(id, strpos(id, '/') + 1) AS key,
  bool_or(described) AS described, coalesce(max(name), '') AS name
FROM (
  SELECT (fact->>'id') COLLATE "C" AS id, true AS described, (fact->>'name') COLLATE "C" AS name FROM facts WHERE fact->>'fact' = 'node'
  UNION ALL
  SELECT fact->>'from', false, NULL FROM facts WHERE fact->>'fact' = 'grant'
  UNION ALL
  SELECT fact->>'to', false, NULL FROM facts WHERE fact->>'fact' = 'grant'
  UNION ALL
  SELECT fact->>'about', false, NULL FROM facts WHERE fact->>'fact' = 'gap'
) named GROUP BY id;
ANALYZE fe_node;

-- The attributes that duties ask for, a row for each value.
CREATE TEMP TABLE fe_attr AS
SELECT node, a.key COLLATE "C" AS attr, v.value COLLATE "C" AS value
FROM facts JOIN fe_node ON id = fact->>'id', jsonb_each(fact->'attrs') a,
  jsonb_array_elements_text(CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE jsonb_build_array(a.value) END) v (value)
WHERE fact->>'fact' = 'node' AND a.key IN ($ATTRIBUTES);

-- The grants that exist at the moment.
$RANGES
CREATE TEMP TABLE fe_edge AS
SELECT from_node, to_node, $TERMS
FROM (
  SELECT f.node AS from_node, t.node AS to_node, fact->>'kind' AS kind, coalesce((fact->>'direct_only')::BOOLEAN, false) AS direct_only
  FROM facts JOIN fe_node f ON f.id = fact->>'from' JOIN fe_node t ON t.id = fact->>'to', fe_as_of
  WHERE fact->>'fact' = 'grant'
    AND (fact->>'from_time' IS NULL OR pg_temp.fe_moment(fact->>'from_time') <= as_of)
    AND (fact->>'until_time' IS NULL OR pg_temp.fe_moment(fact->>'until_time') > as_of)
) g, fe_range;
ANALYZE fe_edge;

