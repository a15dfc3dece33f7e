/** Names of values that are secrets, also where the entry does not say so. */
export const SECRET_NAME =
  /auth|api.?key|access.?key|private.?key|secret|token|passw|passphrase|credential|cookie|session|bearer|\bkey\b|_key$|-key$|\bpat\b|_pat$|connection.?string|dsn|(database|db|mongo\w*|postgres\w*|mysql|redis|amqp)_?(url|uri)/i;

/**
 * As `SECRET_NAME`, and every other name with "key" in it: what a workspace stores, or sends without asking, is a secret in
 * doubt.
 */
export const POSSIBLE_SECRET_NAME = new RegExp(`key|${SECRET_NAME.source}`, "i");
