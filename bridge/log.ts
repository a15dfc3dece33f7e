import process from "node:process";

/** The innermost frames are enough to find the place in the code. */
const MAX_FRAMES = 4;
/** Shorter secrets are not redacted: their text also occurs by chance. */
const MIN_REDACTED_LENGTH = 6;

/** Writes lines to standard error: the bridge's as `bridge: …`, the server's as `server: …`. */
export interface Log {
  bridge(message: string): void;
  /** Logs an unexpected failure: the error's name and stack frames, not its message, which can quote a request. */
  failure(event: string, error: unknown): void;
  server(line: string): void;
  /** Replaces all secrets in the text. */
  redact(text: string): string;
}

/** A log that redacts these secrets, in plain text, in JSON, in base64 and URL-encoded. */
export function openLog(secrets: string[]): Log {
  const redacted = secrets
    .filter((secret) => secret.length >= MIN_REDACTED_LENGTH)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      Buffer.from(secret).toString("base64url"),
    ])
    // Longest first: one can be part of another.
    .toSorted((a, b) => b.length - a.length);
  const redact = (text: string) =>
    redacted.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  const write = (line: string) => process.stderr.write(`${line}\n`);
  return {
    bridge: (message) => write(`bridge: ${redact(message)}`),
    failure: (event, error) => write(`bridge: ${event}: ${formatError(error)}`),
    server: (line) => write(`server: ${redact(line)}`),
    redact,
  };
}

/** The error's name and innermost stack frames. The first lines of a stack are the message and are dropped. */
function formatError(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error("not an error");
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, MAX_FRAMES).map((line) => line.trim())].join(" ");
}
