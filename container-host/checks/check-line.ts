import { z } from "zod";

/** What the check program reads from its standard input, as one line of JSON. */
export const CheckInput = z.strictObject({
  /** Begins each line of the result: the checked server, which can write to the same output, does not know it. */
  nonce: z.string().min(16),
  code: z.string(),
  /** Whether the server is started. Without a sandbox it never is. */
  mayStart: z.boolean(),
});
export type CheckInput = z.infer<typeof CheckInput>;

/**
 * The parts of a result. `compiled` is complete before the first line of the checked server runs, which therefore cannot
 * change it.
 */
export type ResultPart = "compiled" | "started";

/** Characters of one line: the engine splits lines of more than 16 KiB. */
const LINE_LENGTH = 4_000;

/** Lines with a part of the result, for `parseResultPart`. */
export function toResultLines(nonce: string, part: ResultPart, value: object): string[] {
  const text = JSON.stringify(value);
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += LINE_LENGTH)
    lines.push(`${nonce} ${part} ${text.slice(at, at + LINE_LENGTH)}`);
  return [...lines, `${nonce} ${part}.`];
}

/** The value of a part of the result; undefined: the lines do not contain it completely. */
export function parseResultPart(lines: string[], nonce: string, part: ResultPart): unknown {
  const begin = `${nonce} ${part} `;
  if (!lines.includes(`${nonce} ${part}.`)) return undefined;
  const text = lines
    .filter((line) => line.startsWith(begin))
    .map((line) => line.slice(begin.length))
    .join("");
  try {
    return JSON.parse(text);
  } catch {
    // Lines are missing: the log has a limit.
    return undefined;
  }
}
