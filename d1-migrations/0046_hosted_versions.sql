-- The version of a hosted server's package that an admin chose, the one before it, and a switch in progress, JSON.
-- NULL: none was chosen, so that the version of the container host's image runs.
ALTER TABLE instances ADD COLUMN versions TEXT;
