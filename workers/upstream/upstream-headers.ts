import { findHeaderNameProblem } from "../contract/records/header-name.ts";

/** Header names that usually carry a secret. */
const SECRET_NAME = /authorization|token|secret|passw|credential|api-?key|(^|-)(auth|key)$/;

/** The parsed headers, or a sentence about the first invalid one. */
export type HeadersParsed<T> =
  | { ok: true; headers: Map<string, T> }
  | { ok: false; problem: string };

/**
 * Parses header names to lower case. A name can occur only once and must be one that an admin can set; null, which removes
 * a header, is possible for every name. `field` starts the problem's text.
 * @param stored the object with the headers as they are stored: it is accepted unchanged
 */
export function parseHeaders<T extends string | null>(
  field: "headers" | "credentials",
  input: Record<string, T>,
  stored: object | null = null,
): HeadersParsed<T> {
  if (input === stored) return { ok: true, headers: new Map(Object.entries(input)) };
  const headers = new Map<string, T>();
  for (const [given, value] of Object.entries(input)) {
    const name = given.toLowerCase();
    const problem = headers.has(name)
      ? "given twice; header names do not differ by case."
      : value !== null && findHeaderNameProblem(name);
    if (problem) return { ok: false, problem: `${field}.${given}: ${problem}` };
    if (field === "headers" && SECRET_NAME.test(name)) {
      return {
        ok: false,
        problem: `${field}.${given}: this looks like a secret; put it into credentials, which are stored encrypted.`,
      };
    }
    headers.set(name, value);
  }
  return { ok: true, headers };
}

/** Whether a header can be sent to servers, in the name that an admin gave it. `name`: in lower case. */
export function isSettable(name: string): boolean {
  return findHeaderNameProblem(name) === null;
}

/** A sentence for the admin about each stored header that is not sent: earlier releases accepted more names. */
export function listIgnoredHeaders(server: {
  headers: Record<string, string>;
  credentials: { name: string }[];
}): string[] {
  const names = [...Object.keys(server.headers), ...server.credentials.map(({ name }) => name)];
  return names
    .filter((name) => !isSettable(name))
    .map((name) => `The header ${name} is stored but not sent: ${findHeaderNameProblem(name)}`);
}
