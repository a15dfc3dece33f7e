import process from "node:process";
import { makeRedactor, type Redactor } from "./redaction.ts";

/** The innermost frames are enough to find the place in the code. */
const MAX_FRAMES = 4;
/** A longer line is left out: it cannot be redacted in reasonable time, and must not be cut before. */
export const MAX_REDACTED_LENGTH = 64 * 1024;
/** Replaces such a line. */
export const LONG_LINE = `(a line of more than ${MAX_REDACTED_LENGTH / 1024} KiB)`;
/** Longest line of the server in the log. */
const MAX_LINE_LENGTH = 2_000;
/** Characters of the end of a line that is cut. */
const KEPT_END = 500;

/** Writes lines to standard error: the bridge's as `bridge: …`, the server's as `server: …`. */
export interface Log extends Redactor {
  bridge(message: string): void;
  /** Logs an unexpected failure: the error's name and stack frames, not its message, which can quote a request. */
  failure(event: string, error: unknown): void;
  server(line: string): void;
  /** A line of the server as it may be shown: redacted, then cut. */
  toShown: (line: string) => string;
}

/** A log that redacts these secrets. */
export function openLog(secrets: string[]): Log {
  const redactor = makeRedactor(secrets);
  const toShown = (line: string) =>
    line.length > MAX_REDACTED_LENGTH ? LONG_LINE : cutLine(redactor.redact(line));
  const write = (line: string) => process.stderr.write(`${line}\n`);
  return {
    ...redactor,
    bridge: (message) => write(`bridge: ${redactor.redact(message)}`),
    failure: (event, error) => write(`bridge: ${event}: ${formatError(error)}`),
    server: (line) => write(`server: ${toShown(line)}`),
    toShown,
  };
}

/** Keeps both ends of a long line. */
function cutLine(line: string): string {
  if (line.length <= MAX_LINE_LENGTH) return line;
  return `${line.slice(0, MAX_LINE_LENGTH - KEPT_END)} … ${line.slice(-KEPT_END)}`;
}

/** The error's name and innermost stack frames. The first lines of a stack are the message and are dropped. */
function formatError(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error("not an error");
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, MAX_FRAMES).map((line) => line.trim())].join(" ");
}
