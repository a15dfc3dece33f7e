-- Versions of servers that people have published here. Only their status changes.
CREATE TABLE marketplace_publications (
  -- In lower case: a name is one server's in any case.
  key TEXT NOT NULL,
  version TEXT NOT NULL,
  name TEXT NOT NULL,
  -- server.json as it was published, and the digest of its members in order.
  document TEXT NOT NULL,
  digest TEXT NOT NULL,
  published_by TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  -- Kind and subject of the proof of the namespace.
  proof_kind TEXT NOT NULL,
  proof_subject TEXT NOT NULL,
  -- active, deprecated or deleted, with the publisher's words.
  status TEXT NOT NULL,
  status_message TEXT,
  -- accepted, refused or unreachable: what the official registry made of it, in its words. NULL: it was not asked.
  handed_on TEXT,
  handed_on_message TEXT,
  handed_on_at INTEGER,
  PRIMARY KEY (key, version)
) WITHOUT ROWID;
CREATE INDEX marketplace_publications_by_person ON marketplace_publications(published_by, published_at);

-- What a person has proven of namespaces, and the text that a key has to sign for it.
CREATE TABLE marketplace_namespace_proofs (
  -- In lower case.
  namespace TEXT NOT NULL,
  user_id TEXT NOT NULL,
  -- NULL: none is open. It is used once.
  challenge TEXT,
  challenged_at INTEGER,
  -- dns, http or github, and the domain or account. NULL: nothing is proven.
  kind TEXT,
  subject TEXT,
  proven_at INTEGER,
  PRIMARY KEY (namespace, user_id)
) WITHOUT ROWID;
CREATE INDEX marketplace_namespace_proofs_by_person ON marketplace_namespace_proofs(user_id);

-- Scores of servers over time: one row for a day on which the score has changed.
CREATE TABLE marketplace_score_days (
  name TEXT NOT NULL,
  day INTEGER NOT NULL,
  score INTEGER NOT NULL,
  grade TEXT,
  PRIMARY KEY (name, day)
) WITHOUT ROWID;
CREATE TRIGGER marketplace_score_days_of_new AFTER INSERT ON marketplace_servers
WHEN new.score IS NOT (SELECT score FROM marketplace_score_days WHERE name = new.name ORDER BY day DESC LIMIT 1)
BEGIN
  INSERT INTO marketplace_score_days (name, day, score, grade)
  VALUES (new.name, new.scored_at / 86400000, new.score, new.grade)
  ON CONFLICT (name, day) DO UPDATE SET score = excluded.score, grade = excluded.grade;
END;
CREATE TRIGGER marketplace_score_days_of_scored AFTER UPDATE OF score ON marketplace_servers
WHEN old.score <> new.score
BEGIN
  INSERT INTO marketplace_score_days (name, day, score, grade)
  VALUES (new.name, new.scored_at / 86400000, new.score, new.grade)
  ON CONFLICT (name, day) DO UPDATE SET score = excluded.score, grade = excluded.grade;
END;
