import { hideSecrets, type Mark } from "./hide-secrets.ts";
import { isSecretName, judgeSecret } from "./judge-value.ts";

/**
 * `"NAME": "value"`, `NAME = 'value'`, `"--name", "value"`, `Name: Bearer value`, also in a line for a shell and where the
 * text as a whole cannot be read.
 */
const ASSIGNED =
  /(?<![\w.-])["']?([\w.-]{2,80})["']?[ \t]*([:=,])[ \t]*(?:"((?:[^"\\\n]|\\.){1,4096})"|'([^'\n]{1,4096})'|(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|[Bb]ot)[ \t]+)?([^\s"',{}[\]#]{6,4096}))/g;
const SCHEME = /^\s*(?:bearer|basic|token|bot) +/i;

/** The values in a text that have the names of secrets. */
export function markNamed(text: string): Mark[] {
  return [...text.matchAll(ASSIGNED)].flatMap((found): Mark[] => {
    const [whole, name = "", sign, double, single, bare] = found;
    const value = double ?? single ?? bare ?? "";
    if (!isSecretName(name)) return [];
    const judged = judgeSecret(name, value);
    // A list has words side by side that are no name and value, unless the first one is an option.
    if (judged !== "secret" && !(judged === "weak" && (sign !== "," || name.startsWith("-"))))
      return [];
    const end = found.index + whole.length - (bare === undefined ? 1 : 0);
    const { length } = value.replace(SCHEME, "");
    return [
      {
        start: end - length,
        end,
        label: hideSecrets(name),
        certainty: judged === "secret" ? "likely" : "weak",
      },
    ];
  });
}

/** Shorter secrets can be words that stand elsewhere in the same text. */
const MIN_REPEATED = 12;

/** Where a secret is within a text: as the password of an address, or everywhere if it is long. */
export function toSpans(text: string, secret: string): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  if (secret === "") return spans;
  const add = (start: number) => spans.push({ start, end: start + secret.length });
  if (secret.length < MIN_REPEATED) {
    const password = text.indexOf(`:${secret}@`);
    const at = password === -1 ? text.lastIndexOf(secret) : password + 1;
    if (at !== -1) add(at);
    return spans;
  }
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length))
    add(at);
  return spans;
}
