-- The texts of files of approved skills, by the SHA-256 of the file, so that a changed file can be compared with its approved
-- text: servers have only the latest one.
CREATE TABLE skill_texts (
  workspace_id TEXT NOT NULL,
  -- Lowercase hex, as in the skill's entry.
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (workspace_id, digest)
);
