/** A scope (RFC 6749, section 3.3), and no longer than any real one: it is stored and shown. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
/** More are not asked for: the list is part of an address. */
const MAX_SCOPES = 100;
const MAX_SHOWN = 5;

/** The valid scopes of a `scope` parameter. */
export function readScopes(text: string): string[] {
  return joinScopes(text.split(" "));
}

/** The valid scopes of several lists, each once, at most 100 of them. */
export function joinScopes(...lists: readonly (readonly string[])[]): string[] {
  const valid = lists.flat().filter((scope) => SCOPE.test(scope));
  return [...new Set(valid)].slice(0, MAX_SCOPES);
}

/** Scopes for a sentence: they are another party's text, and can be many. */
export function showScopes(scopes: readonly string[]): string {
  const shown = scopes.slice(0, MAX_SHOWN).map((scope) => `"${scope}"`);
  const more = scopes.length - shown.length;
  const noun = scopes.length === 1 ? "the scope" : "the scopes";
  return `${noun} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
