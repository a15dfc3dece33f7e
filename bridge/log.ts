import process from "node:process";

/** Shorter values occur by chance in any text. */
const MIN_REDACTED_LENGTH = 6;

/** Lines on standard error: the bridge's own as `bridge: …`, the server's as `server: …`. */
export interface Log {
  bridge(message: string): void;
  server(line: string): void;
  /** The text without any of the secrets. */
  redact(text: string): string;
}

/** A log that never shows one of these secrets, whether plain, in base64 or as part of a URL. */
export function openLog(secrets: string[]): Log {
  const needles = secrets
    .filter((secret) => secret.length >= MIN_REDACTED_LENGTH)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      Buffer.from(secret).toString("base64url"),
    ])
    // Longest first: a needle may be part of another.
    .toSorted((a, b) => b.length - a.length);
  const redact = (text: string) =>
    needles.reduce((rest, needle) => rest.replaceAll(needle, "[redacted]"), text);
  const write = (line: string) => process.stderr.write(`${line}\n`);
  return {
    bridge: (message) => write(`bridge: ${redact(message)}`),
    server: (line) => write(`server: ${redact(line)}`),
    redact,
  };
}
