-- What each person brings to a server: JSON; NULL: all calls use the account of the workspace, or none.
ALTER TABLE servers ADD COLUMN per_person TEXT;
CREATE INDEX connections_by_member ON connections(member_id) WHERE member_id IS NOT NULL;
