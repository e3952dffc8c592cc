--
-- It reads the facts file that is named below, an exported snapshot:
--
--   foureyes snapshot export --out FACTS SNAPSHOT
--   duckdb -csv -bail -f THIS
--
-- The script prints rule, mode and subject, sorted, and leaves nothing behind.
-- It finds what is proven. What could not be read it does not tell, so no row does
-- not mean clean: foureyes analyze says what is NOT ASSESSED, which includes each
-- rule with a duty that matches nothing.

BEGIN;

CREATE TEMP TABLE fe_fact AS
SELECT * FROM read_json($FACTS, format = 'newline_delimited', columns = {
  fact: 'VARCHAR', id: 'VARCHAR', name: 'VARCHAR', attrs: 'MAP(VARCHAR, JSON)', about: 'VARCHAR', "from": 'VARCHAR', "to": 'VARCHAR', kind: 'VARCHAR',
  direct_only: 'BOOLEAN', from_time: 'VARCHAR', until_time: 'VARCHAR', ended: 'VARCHAR', facts: 'BIGINT'});

-- The export ends by saying how many lines it has.
CREATE TEMP TABLE fe_whole (facts_are_whole BOOLEAN NOT NULL CHECK (facts_are_whole));
INSERT INTO fe_whole SELECT (SELECT sum(facts) FROM fe_fact WHERE fact = 'end') = count(*) - 1 FROM fe_fact;

-- When it is. Times are texts with nine decimals, which are in order as they are.
CREATE TEMP MACRO fe_moment(t) AS left(t, 19) || '.' || rpad(substr(rtrim(t, 'Z'), 21), 9, '0') || 'Z';
CREATE TEMP TABLE fe_as_of (as_of TEXT NOT NULL);
INSERT INTO fe_as_of SELECT coalesce($AS_OF, (SELECT max(fe_moment(ended)) FROM fe_fact WHERE fact = 'source'));

-- Everything that a node, a grant or a gap names, in the order of IDs.
CREATE TEMP TABLE fe_node AS
SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS node, id,
  split_part(id, ':', 1) AS kind, split_part(split_part(id, '/', 1), ':', 2) AS source, substr(id, strpos(id, '/') + 1) AS key,
  bool_or(described) AS described, coalesce(max(name), '') AS name
FROM (
  SELECT id, true AS described, name FROM fe_fact WHERE fact = 'node'
  UNION ALL
  SELECT "from", false, NULL FROM fe_fact WHERE fact = 'grant'
  UNION ALL
  SELECT "to", false, NULL FROM fe_fact WHERE fact = 'grant'
  UNION ALL
  SELECT about, false, NULL FROM fe_fact WHERE fact = 'gap'
) named GROUP BY id;

-- The attributes that duties ask for, a row for each value.
CREATE TEMP TABLE fe_attr AS
SELECT node, a.key AS attr, unnest(from_json(CASE json_type(a.value) WHEN 'ARRAY' THEN a.value ELSE json_array(a.value) END, '["VARCHAR"]')) AS value
FROM (SELECT id, unnest(map_entries(attrs)) AS a FROM fe_fact WHERE fact = 'node') JOIN fe_node USING (id)
WHERE a.key IN ($ATTRIBUTES);

-- The grants that exist at the moment.
$RANGES
CREATE TEMP TABLE fe_edge AS
SELECT from_node, to_node, $TERMS
FROM (
  SELECT f.node AS from_node, t.node AS to_node, fact.kind AS kind, coalesce(direct_only, false) AS direct_only
  FROM fe_fact fact JOIN fe_node f ON f.id = "from" JOIN fe_node t ON t.id = "to", fe_as_of
  WHERE fact = 'grant'
    AND (from_time IS NULL OR fe_moment(from_time) <= as_of)
    AND (until_time IS NULL OR fe_moment(until_time) > as_of)
) g, fe_range;

