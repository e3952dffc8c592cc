-- A rule does not count when one of its duties matches nothing and may not.
CREATE TEMP TABLE fe_dead AS
SELECT number FROM fe_rule_duty JOIN fe_duty ON fe_duty.duty = fe_rule_duty.duty, fe_as_of
WHERE may_be_empty_before <= as_of AND fe_duty.duty NOT IN (SELECT duty FROM fe_match);

-- A rule is broken in the strongest mode in which enough of its duties are held.
SELECT r.rule, CASE WHEN standing >= r.needed THEN 'standing' WHEN eligible >= r.needed THEN 'eligible' ELSE 'attainable' END AS mode, s.id AS subject
FROM (
  SELECT d.number, h.subject,
    count(*) AS attainable, count(CASE WHEN h.mode <= 2 THEN 1 END) AS eligible, count(CASE WHEN h.mode = 1 THEN 1 END) AS standing
  FROM fe_holds h JOIN fe_rule_duty d ON d.duty = h.duty
  WHERE d.number NOT IN (SELECT number FROM fe_dead)
  GROUP BY d.number, h.subject
) held
JOIN fe_rule r ON r.number = held.number AND attainable >= r.needed
JOIN fe_node s ON s.node = held.subject
ORDER BY rule, subject;

ROLLBACK;
