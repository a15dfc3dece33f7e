/** A part of a URL that a person fills in. Genuine entries have `${name}` and texts with spaces too. */
export const URL_VARIABLE = /\$?\{([^{}]{1,100})\}/g;

/** Whether a text is the URL of a server: http or https, and no sign-in data in it. */
function isServerUrl(text: string): boolean {
  // A URL parser drops line breaks and tabs, so that the text is another URL than it seems.
  if (/[\s\p{Cc}]/u.test(text) || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

/** A value in a URL: it cannot become another host, path or query. `at`: its place; at the beginning, it is the address itself. */
export function toUrlPart(value: string, at: number): string {
  return at === 0 ? value : encodeURIComponent(value.toWellFormed());
}

/**
 * Fills values into the variables of a remote server's URL. A variable without a value keeps its place. Null: a value does
 * not stay in its part, or the result is no URL of a server whatever the other values are.
 */
export function fillServerUrl(
  template: string,
  valueOf: (name: string) => string | undefined,
): string | null {
  const fill = (toOpen: (place: string, at: number) => string) =>
    template.replaceAll(URL_VARIABLE, (place, name: string, at: number) => {
      const value = valueOf(name);
      return value ? toUrlPart(value, at) : toOpen(place, at);
    });
  const names = [...template.matchAll(URL_VARIABLE)].map(([, name = ""]) => name);
  const isOtherFolder = names.some((name) => /^\.\.?$/.test(valueOf(name) ?? ""));
  const isUsable = !isOtherFolder && isServerUrl(fill((_place, at) => toSample(at)));
  return isUsable ? fill((place) => place) : null;
}

/** A number is valid in every part of a URL, also as its port. A variable at the beginning is the address itself. */
function toSample(at: number): string {
  return at === 0 ? "https://1.example" : "1";
}

/** Why a remote server's URL cannot be used, whatever its variables are; null: it can. */
export function findUrlProblem(url: string): string | null {
  const filled = fillServerUrl(url, () => undefined);
  return filled === null ? "The entry’s address is not a URL of a server." : null;
}
