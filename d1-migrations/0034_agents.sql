-- Who answers for an agent, when it ends, and its trust rules, as JSON. NULL: the member is a person.
ALTER TABLE members ADD COLUMN agent TEXT;

-- The trust rule whose access tokens workloads hold. NULL: a token of a person, of the workspace or of an OAuth client.
ALTER TABLE tokens ADD COLUMN trust_rule_id TEXT;
