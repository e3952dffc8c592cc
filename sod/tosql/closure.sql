-- What populations imply: every account of the source is a direct member, and who
-- controls the population controls every account.
CREATE TEMP TABLE fe_crowd AS
SELECT a.node AS account, p.node AS population
FROM fe_node p JOIN fe_node a ON a.source = p.source AND a.kind = 'account'
WHERE p.kind = 'group' AND p.key IN ('~all', '~authenticated');
CREATE TEMP VIEW fe_way AS
SELECT from_node, to_node, mode, needs, arrives FROM fe_edge WHERE NOT owns AND mode <= $MODE
UNION ALL SELECT account, population, 1, 0, 1 FROM fe_crowd
UNION ALL SELECT population, account, 3, 2, 2 FROM fe_crowd WHERE 3 <= $MODE;

-- Backwards from what the duties match, over what something may lead to: groups,
-- roles, entitlements, and accounts that something controls. That is small, and the
-- only part that repeats.
CREATE TEMP TABLE fe_inner AS
SELECT from_node, to_node, mode, needs, arrives FROM fe_way
WHERE from_node IN (
  SELECT node FROM fe_node WHERE kind IN ('group', 'role', 'entitlement')
  UNION
  SELECT to_node FROM fe_way WHERE arrives = 2 AND 3 <= $MODE
);
CREATE TEMP TABLE fe_reach AS
WITH RECURSIVE reach (duty, node, needs, mode) AS (
  SELECT duty, node, 0, 1 FROM fe_match
  UNION
  SELECT r.duty, e.from_node, e.needs, greatest(r.mode, e.mode)
  FROM reach r JOIN fe_inner e ON e.to_node = r.node AND e.arrives >= r.needs
)
SELECT duty, node, needs, mode FROM reach;

-- Who is judged for what a node holds: the owners of an account, and for itself each
-- identity, each account that nobody owns, and what is unresolved and holds anything.
CREATE TEMP TABLE fe_subject AS
SELECT to_node AS node, from_node AS subject FROM fe_edge WHERE owns;
INSERT INTO fe_subject
SELECT node, node FROM fe_node WHERE kind IN ('identity', 'somebody')
UNION ALL
SELECT node, node FROM fe_node n WHERE kind = 'account' AND NOT EXISTS (SELECT 1 FROM fe_subject s WHERE s.node = n.node)
UNION ALL
SELECT node, node FROM fe_node n WHERE kind = 'unresolved' AND EXISTS (SELECT 1 FROM fe_edge e WHERE from_node = n.node);

-- One step back to everybody, and the strongest mode in which each holds each duty.
CREATE TEMP TABLE fe_holds AS
SELECT duty, subject, min(mode) AS mode FROM (
  SELECT duty, node, mode FROM fe_reach WHERE needs = 0
  UNION ALL
  SELECT r.duty, e.from_node, greatest(r.mode, e.mode)
  FROM fe_reach r JOIN fe_way e ON e.to_node = r.node AND e.arrives >= r.needs
  WHERE e.needs = 0
) step JOIN fe_subject ON fe_subject.node = step.node
GROUP BY duty, subject;

