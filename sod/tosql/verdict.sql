-- A rule counts when each of its duties matches something, or may match nothing. It
-- is broken in the strongest mode in which enough of its duties are held.
SELECT r.rule, CASE WHEN standing >= r.needed THEN 'standing' WHEN eligible >= r.needed THEN 'eligible' ELSE 'attainable' END AS mode, s.id AS subject
FROM (
  SELECT d.number, h.node,
    count(*) AS attainable, count(CASE WHEN h.mode <= 2 THEN 1 END) AS eligible, count(CASE WHEN h.mode = 1 THEN 1 END) AS standing
  FROM fe_holds h JOIN fe_rule_duty d ON d.duty = h.duty
  GROUP BY d.number, h.node
) held
JOIN fe_rule r ON r.number = held.number AND attainable >= r.needed
JOIN fe_subject s ON s.node = held.node
WHERE NOT EXISTS (
  SELECT 1 FROM fe_rule_duty d JOIN fe_duty ON fe_duty.duty = d.duty
  WHERE d.number = r.number AND NOT may_be_empty AND d.duty NOT IN (SELECT duty FROM fe_match)
)
ORDER BY rule, subject;

ROLLBACK;
