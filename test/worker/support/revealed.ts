import { Buffer } from "node:buffer";

/**
 * The secrets that a reader of the text can find: it undoes JSON's escapes, percent-encoding, base64 at every alignment
 * and hex.
 */
export function findRevealed(text: string, secrets: string[]): string[] {
  const readings = read(text);
  return secrets.filter((secret) => readings.some((reading) => reading.includes(secret)));
}

function read(text: string): string[] {
  const readings = [text];
  for (let depth = 0; depth < 4; depth++) readings.push(unescapeJson(readings.at(-1) ?? ""));
  readings.push(...readings.flatMap((reading) => unescapeUrl(reading)));
  return [...new Set(readings)].flatMap((reading) => [reading, ...decodeRuns(reading)]);
}

function unescapeJson(text: string): string {
  return text.replaceAll(/\\(?:u([\da-f]{4})|(.))/gi, (_, code?: string, character = "") =>
    code ? String.fromCharCode(Number.parseInt(code, 16)) : character,
  );
}

function unescapeUrl(text: string): string[] {
  const plain = text.replaceAll(/%([\da-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return [plain, plain.replaceAll("+", " ")];
}

function decodeRuns(text: string): string[] {
  const base64 = text.match(/[\w+/-]{10,}/g) ?? [];
  const decoded = base64.flatMap((run) =>
    [0, 1, 2, 3].map((skipped) => Buffer.from(run.slice(skipped), "base64").toString("latin1")),
  );
  const hex = text.match(/(?:[\da-f]{2}){5,}/gi) ?? [];
  return [decoded.join("\n"), hex.map((run) => Buffer.from(run, "hex").toString()).join("\n")];
}
