/** Names of values that are secrets, also where the entry does not say so. */
export const SECRET_NAME =
  /auth|api.?key|access.?key|private.?key|secret|token|passw|passphrase|credential|cookie|session|bearer|\bkey\b|_key$|-key$|\bpat\b|_pat$|connection.?string|dsn|(database|db|mongo\w*|postgres\w*|mysql|redis|amqp)_?(url|uri)/i;
