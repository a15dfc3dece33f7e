/** A part of a URL that a person fills in. Genuine entries have `${name}` and texts with spaces too. */
export const URL_VARIABLE = /\$?\{([^{}]{1,100})\}/g;

/** Whether a text is the URL of a server: http or https, and no sign-in data in it. */
export function isServerUrl(text: string): boolean {
  // A URL parser drops line breaks and tabs, so that the text is another URL than it seems.
  if (/[\s\p{Cc}]/u.test(text) || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

/** Why a remote server's URL cannot be used, whatever its variables are; null: it can. */
export function findUrlProblem(url: string): string | null {
  // A number is valid in every part of a URL, also as its port. A variable at the beginning is the address itself.
  const sample = url.replaceAll(URL_VARIABLE, (_found, _name, at: number) =>
    at === 0 ? "https://1.example" : "1",
  );
  return isServerUrl(sample) ? null : "The entry’s address is not a URL of a server.";
}
