-- A server's own time limits of a call, in seconds. NULL: the general ones.
ALTER TABLE servers ADD COLUMN longest_call_seconds INTEGER;
ALTER TABLE servers ADD COLUMN longest_silence_seconds INTEGER;
