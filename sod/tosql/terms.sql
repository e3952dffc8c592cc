kind = 'owns' AS owns,
  CASE kind WHEN 'eligible' THEN 2 WHEN 'controls' THEN 3 ELSE 1 END AS mode,
  CASE WHEN direct_only AND from_node BETWEEN first_group AND last_group THEN 1 ELSE 0 END AS needs,
  CASE WHEN kind = 'controls' THEN 2
    WHEN kind IN ('member', 'eligible') AND from_node BETWEEN first_account AND last_account THEN 1 ELSE 0 END AS arrives
