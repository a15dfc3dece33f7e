-- The browser session that a temporary token ends with. NULL: a token that a person made for a client.
ALTER TABLE tokens ADD COLUMN session_id TEXT;
CREATE INDEX temporary_tokens ON tokens(session_id) WHERE session_id IS NOT NULL;

-- The dashboard's tokens of earlier releases: not named, not used as tokens of clients.
UPDATE tokens SET session_id = 'ended'
WHERE label = 'Dashboard: try a tool' AND expires_at - created_at <= 900000 AND created_by IS NOT 'operator';

-- The members who have dismissed "Getting started".
CREATE TABLE getting_started_dismissals (
  member_id TEXT PRIMARY KEY REFERENCES members(id) ON DELETE CASCADE
);
