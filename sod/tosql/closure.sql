-- Who is judged: identities, accounts that nobody owns, and what is unresolved and
-- holds anything.
CREATE TEMP TABLE fe_subject AS
SELECT node, id FROM fe_node
WHERE kind = 'identity'
  OR kind = 'account' AND node NOT IN (SELECT to_node FROM fe_grant WHERE kind = 'owns')
  OR kind = 'unresolved' AND node IN (SELECT from_node FROM fe_grant);

-- Where grants lead. mode: 1 standing, 2 eligible, 3 attainable. arrives: how a path
-- that takes the grant comes in: 0 through a group, 1 as a direct member, 2 as one who
-- controls. needs: how it must have come to the holder to go on by this grant.
CREATE TEMP TABLE fe_edge AS
SELECT from_node, to_node, kind = 'owns' AS owns,
  CASE kind WHEN 'eligible' THEN 2 WHEN 'controls' THEN 3 ELSE 1 END AS mode,
  CASE WHEN direct_only AND from_kind = 'group' THEN 1 ELSE 0 END AS needs,
  CASE WHEN kind = 'controls' THEN 2 WHEN from_kind = 'account' AND kind IN ('member', 'eligible') THEN 1 ELSE 0 END AS arrives
FROM fe_grant
WHERE CASE kind WHEN 'eligible' THEN 2 WHEN 'controls' THEN 3 ELSE 1 END <= $MODE;

-- What populations imply: every account of the source is a direct member, and who
-- controls the population controls every account.
CREATE TEMP TABLE fe_crowd AS
SELECT a.node AS account, p.node AS population
FROM fe_node p JOIN fe_node a ON a.source = p.source AND a.kind = 'account'
WHERE p.kind = 'group' AND p.key IN ('~all', '~authenticated');
INSERT INTO fe_edge SELECT account, population, false, 1, 0, 1 FROM fe_crowd;
INSERT INTO fe_edge SELECT population, account, false, 3, 2, 2 FROM fe_crowd WHERE 3 <= $MODE;

-- Backwards from what the duties match, over what can be come to otherwise than by
-- owning it: mostly groups and roles. That is small, and the only part that repeats.
CREATE TEMP TABLE fe_inner AS
SELECT e.from_node, e.to_node, e.mode, e.needs, e.arrives FROM fe_edge e
WHERE e.from_node IN (SELECT to_node FROM fe_edge WHERE NOT owns);
CREATE TEMP TABLE fe_reach AS
WITH RECURSIVE reach (duty, node, needs, mode) AS (
  SELECT duty, node, 0, 1 FROM fe_match
  UNION
  SELECT r.duty, e.from_node, e.needs, greatest(r.mode, e.mode)
  FROM reach r JOIN fe_inner e ON e.to_node = r.node AND e.arrives >= r.needs
)
SELECT duty, node, needs, mode FROM reach;

-- One step back to everybody else, and one to the owners of accounts.
CREATE TEMP TABLE fe_held AS
SELECT duty, node, min(mode) AS mode FROM (
  SELECT duty, node, mode FROM fe_reach WHERE needs = 0
  UNION ALL
  SELECT r.duty, e.from_node, greatest(r.mode, e.mode)
  FROM fe_reach r JOIN fe_edge e ON e.to_node = r.node AND e.arrives >= r.needs
  WHERE NOT e.owns AND e.needs = 0
) step GROUP BY duty, node;
CREATE TEMP TABLE fe_holds AS
SELECT duty, node, min(mode) AS mode FROM (
  SELECT duty, node, mode FROM fe_held
  UNION ALL
  SELECT h.duty, e.from_node, h.mode FROM fe_held h JOIN fe_edge e ON e.to_node = h.node WHERE e.owns
) step GROUP BY duty, node;

