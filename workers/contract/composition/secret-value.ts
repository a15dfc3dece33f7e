/** How keys and tokens of well-known services begin, and other texts that are secrets whatever their name is. */
const SECRET_VALUE =
  /^(sk|pk|rk)[-_](live|test|ant|proj|or)?[-_A-Za-z0-9]{12,}|^gh[opsur]_\w{20,}|^github_pat_|^glpat-|^xox[a-z]-|^xapp-|^AKIA[0-9A-Z]{12,}|^AIza[\w-]{30,}|^ya29\.|^eyJ[\w-]{10,}\.|^(npm|hf|ntn|secret|lin_api|dop_v1|shpat|sq0csp|figd|pat)_[\w-]{10,}|^(Bearer|Basic) \S{8,}|-----BEGIN |^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

/** A value with the name of a secret in the query or fragment of an address. */
const SECRET_PARAMETER = /[?&#;][\w.-]*(?:key|token|secret|passw|auth|sig)[\w.-]*=[^&\s{]/i;

/** Whether a text looks like a key or password by itself, also where the name of its variable does not say so. */
export function looksLikeSecret(text: string): boolean {
  return SECRET_VALUE.test(text) || SECRET_PARAMETER.test(text) || isRandom(text);
}

/** Shortest text that can be a random key: names of hosts and folders are rarely that long with so many digits. */
const MIN_RANDOM = 24;

/** Whether a text without signs mixes letters and digits as random keys do. */
function isRandom(text: string): boolean {
  if (text.length < MIN_RANDOM || !/^[A-Za-z0-9_+/=-]+$/.test(text)) return false;
  const digits = text.replaceAll(/\D/g, "").length;
  return digits >= 4 && /[A-Za-z]/.test(text);
}
