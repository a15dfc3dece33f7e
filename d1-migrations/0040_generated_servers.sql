-- Servers that a person has had generated on a day (UTC, days since 1970), for the limit of a day. Nothing of their text.
CREATE TABLE generated_servers (
  user_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (user_id, day)
) WITHOUT ROWID;
