-- GitHub is a source. What an operator has stored under its name gets another one.
UPDATE marketplace_sources SET name = 'github-1' WHERE name = 'github';
UPDATE marketplace_runs SET source = 'github-1' WHERE source = 'github';
UPDATE marketplace_records SET source = 'github-1' WHERE source = 'github';
UPDATE marketplace_keys SET source = 'github-1' WHERE source = 'github';
INSERT INTO marketplace_sources VALUES ('github', 'github', NULL, 1, 0, 0, NULL);
