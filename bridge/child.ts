import { spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_BYTES_PER_SECOND, MAX_LINE_BYTES, MAX_LINES_PER_SECOND } from "./limits.ts";
import { LineReader, type Line } from "./lines.ts";
import { LONG_LINE, MAX_REDACTED_LENGTH, type Log } from "./log.ts";
import { ReadLimit } from "./read-limit.ts";

/** Rate limit of the server's stderr (token bucket): a burst of 200 lines, then 50 a second. */
const LOG_BURST = 200;
const LOG_LINES_PER_SECOND = 50;
/** Number of last stderr lines in the reason of an end. */
const LAST_LOG_LINES = 20;
/** Output is read for 200 ms after the server's exit: a process that it started can keep the pipe open. */
const LAST_OUTPUT_MS = 200;
/** Time for a server to end after its input was closed, and again after SIGTERM. */
const STOP_GRACE_MS = 1_000;
/** Limit of the data that the server has not read. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** The end of a server: a clause with the reason, and its last stderr lines. */
export interface ChildEnd {
  reason: string;
  lastLines: string[];
}

/** A running stdio server. */
export interface Child {
  /** Writes one line to the server's input. False: the server does not read it, or has ended. */
  send(line: string): boolean;
  /** Closes the input, then sends SIGTERM and SIGKILL to the server and the processes that it started. */
  stop(): Promise<void>;
  /** Resolves when the server exits or closes its output. */
  ended: Promise<ChildEnd>;
  /** The program could not be executed. */
  startFailed: boolean;
}

/** Starts the server in its own process group, with exactly this environment. */
export function startChild(
  [program = "", ...args]: string[],
  environment: Record<string, string>,
  log: Log,
  onLine: (line: Line) => void,
): Child {
  const isGroup = process.platform !== "win32";
  const child = spawn(program, args, { env: environment, detached: isGroup });
  const { promise: ended, resolve: end } = Promise.withResolvers<ChildEnd>();
  const lastLines = logStderr(child.stderr, log);
  const result: Child = { send, stop, ended, startFailed: false };
  const finish = (reason: string) => {
    end({ reason, lastLines: lastLines.map((line) => log.toShown(line)) });
  };

  readStdout(child.stdout, log, onLine);
  // An exit also ends the output; wait for it, because it gives a better reason.
  child.stdout.on("end", () => setTimeout(() => finish("it closed its output"), LAST_OUTPUT_MS));
  // The server closed its input: its end is reported by `ended`.
  child.stdin.on("error", () => undefined);
  child.on("error", (error: NodeJS.ErrnoException) => {
    result.startFailed = true;
    finish(`it cannot be started (${error.code ?? "unknown error"})`);
  });
  child.on("exit", (code, signal) => {
    const reason = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
    child.on("close", () => finish(reason));
    setTimeout(() => finish(reason), LAST_OUTPUT_MS / 2);
  });

  function send(line: string): boolean {
    if (!child.stdin.writable || child.stdin.writableLength > MAX_UNREAD_BYTES) return false;
    child.stdin.write(`${line}\n`);
    return true;
  }

  async function stop(): Promise<void> {
    child.stdin.end();
    const exited = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.on("exit", () => resolve());
    });
    await Promise.race([exited, sleep(STOP_GRACE_MS)]);
    kill("SIGTERM");
    await Promise.race([exited, sleep(STOP_GRACE_MS)]);
    kill("SIGKILL");
  }

  /** Signals the process group, which contains the server's processes and can outlive the server. */
  function kill(signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      if (isGroup) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // The group has no process left.
    }
  }

  return result;
}

/** Passes the server's output on line by line, within the limits of a second. */
function readStdout(stdout: Readable, log: Log, onLine: (line: Line) => void): void {
  const reader = new LineReader(MAX_LINE_BYTES);
  const limit = new ReadLimit(stdout, () =>
    log.bridge(
      `the server writes more than ${MAX_LINES_PER_SECOND} lines or ${MAX_BYTES_PER_SECOND} bytes a second; the rest waits`,
    ),
  );
  stdout.on("data", (chunk: Buffer) => {
    const lines = reader.push(chunk);
    lines.forEach((line) => onLine(redactLine(line, log)));
    limit.receive(lines.length, chunk.length, Date.now());
  });
}

/** Logs the server's stderr within the rate limit. The returned array always contains the last lines, not redacted. */
function logStderr(stderr: NodeJS.ReadableStream, log: Log): string[] {
  const lastLines: string[] = [];
  const reader = new LineReader(MAX_REDACTED_LENGTH);
  let tokens = LOG_BURST;
  let refilledAt = Date.now();
  let dropped = 0;
  const logLine = (line: Line) => {
    const text = line.kind === "line" ? line.text : LONG_LINE;
    lastLines.push(text);
    if (lastLines.length > LAST_LOG_LINES) lastLines.shift();
    const now = Date.now();
    tokens = Math.min(LOG_BURST, tokens + ((now - refilledAt) / 1000) * LOG_LINES_PER_SECOND);
    refilledAt = now;
    if (tokens < 1) {
      dropped++;
      return;
    }
    tokens--;
    if (dropped > 0) log.bridge(`${dropped} lines of the server's stderr were left out`);
    dropped = 0;
    log.server(text);
  };
  stderr.on("data", (chunk: Buffer) => reader.push(chunk).forEach(logLine));
  stderr.on("end", () => reader.push(Buffer.from("\n")).filter(hasText).forEach(logLine));
  return lastLines;
}

/** A server can return its environment, in a result or in an error. Of a line that is too long nothing is forwarded. */
function redactLine(line: Line, log: Log): Line {
  return line.kind === "line" ? { kind: "line", text: log.redactMessage(line.text) } : line;
}

function hasText(line: Line): boolean {
  return line.kind === "too_long" || line.text !== "";
}
