-- Nodes are numbered in the order of their IDs, so a kind is a range of numbers.
CREATE TEMP TABLE fe_range AS
SELECT min(CASE kind WHEN 'account' THEN node END) AS first_account, max(CASE kind WHEN 'account' THEN node END) AS last_account,
  min(CASE kind WHEN 'group' THEN node END) AS first_group, max(CASE kind WHEN 'group' THEN node END) AS last_group
FROM fe_node;
-- mode: 1 standing, 2 eligible, 3 attainable. arrives: how a path that takes the grant
-- comes in: 0 through a group, 1 as a direct member, 2 as one who controls. needs: how
-- it must have come to the holder to go on by this grant.
