-- What a token lists and may call at most, as a JSON array of rules by server id. NULL: all that its owner may call.
ALTER TABLE tokens ADD COLUMN tools TEXT;
