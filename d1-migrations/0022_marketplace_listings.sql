-- By what servers are found, filtered and sorted. Workers keep a copy in memory (workers/marketplace/catalogue.ts).
CREATE TABLE marketplace_listings (
  -- Small, because it is the row's number in the full-text index, and sent in lists.
  id INTEGER PRIMARY KEY,
  -- The server.
  number INTEGER NOT NULL UNIQUE,
  -- Facets as JSON. Few servers have facets that no other has.
  facets TEXT NOT NULL,
  -- As in marketplace_servers.
  grade TEXT,
  score INTEGER NOT NULL,
  -- The last publication or update, in seconds; 0: not known.
  changed_at INTEGER NOT NULL,
  -- The namespace of the name, in lower case.
  publisher TEXT NOT NULL
);
CREATE INDEX marketplace_listings_by_facets ON marketplace_listings(facets, grade, id, score, changed_at);
CREATE INDEX marketplace_listings_by_publisher ON marketplace_listings(publisher);

-- One row. Increases with each change of listings, so that the copies in memory are known to be outdated.
CREATE TABLE marketplace_version (
  id INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
);
INSERT INTO marketplace_version VALUES (1, 0);

-- All statements that score servers change their listings by this.
CREATE TRIGGER marketplace_servers_scored AFTER UPDATE OF score, grade ON marketplace_servers
WHEN old.score <> new.score OR old.grade IS NOT new.grade
BEGIN
  UPDATE marketplace_listings SET score = new.score, grade = new.grade WHERE number = new.number;
  UPDATE marketplace_version SET version = version + 1;
END;

-- The texts that are searched; `rowid` is the listing's id. `publisher` has no `io.github.`, which most servers have.
DROP TABLE marketplace_search;
CREATE VIRTUAL TABLE marketplace_search USING fts5(
  name, title, publisher, packages, tags, description,
  content = '', contentless_delete = 1, prefix = '2 3', tokenize = "unicode61 remove_diacritics 2"
);
-- The words of these texts, with the number of servers that have each.
CREATE VIRTUAL TABLE marketplace_search_words USING fts5vocab(marketplace_search, row);

-- Servers get their listing when an import or a sync writes them: it writes an entry whose digest differs.
UPDATE marketplace_records SET digest = '';
