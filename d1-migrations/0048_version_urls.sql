-- Versions have references in place of secrets in URLs. Those that were stored before lose the queries, which hold most of
-- them: a return to one keeps the query that the server's URL has then.
UPDATE version_parts
SET document = json_set(
  document,
  '$.url',
  substr(document ->> '$.url', 1, instr(document ->> '$.url', '?')) || 'sec_000000000000000000000000'
)
WHERE instr(document ->> '$.url', '?') > 0;
