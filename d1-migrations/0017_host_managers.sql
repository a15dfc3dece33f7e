-- Whether a user manages the deployment's container hosts in the dashboard, as the operator key can. Only the operator
-- decides: a setup link can also be for the owner of one workspace among many.
ALTER TABLE users ADD COLUMN manages_hosts INTEGER NOT NULL DEFAULT 0;
-- What the user of a setup link gets.
ALTER TABLE sign_in_links ADD COLUMN manages_hosts INTEGER NOT NULL DEFAULT 0;
