/** What a 401 or 403 says about the sign-in that it wants (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface Challenge {
  resourceMetadata: string | null;
  scope: string | null;
  error: string | null;
  description: string | null;
}

const BEARER = /(?:^|,)\s*bearer(?:\s+|$)/i;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi;

/** Reads the Bearer challenge of a `WWW-Authenticate` header; null: it has none. */
export function parseChallenge(header: string | null): Challenge | null {
  const found = header === null ? null : BEARER.exec(header);
  if (header === null || !found) return null;
  const values = new Map<string, string>();
  for (const [, name = "", quoted, token] of header.slice(found.index).matchAll(PARAMETER)) {
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? token ?? "";
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  }
  const read = (name: string) => values.get(name) ?? null;
  return {
    resourceMetadata: read("resource_metadata"),
    scope: read("scope"),
    error: read("error"),
    description: read("error_description"),
  };
}
