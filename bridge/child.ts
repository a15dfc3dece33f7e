import { spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_LINE_BYTES } from "./limits.ts";
import { LineReader, type Line } from "./lines.ts";
import type { Log } from "./log.ts";

/** Longest part of a stderr line that is kept. */
const MAX_LOG_LINE_BYTES = 2048;
/** The server's stderr: this many lines at once, then so many a second. */
const LOG_BURST = 200;
const LOG_LINES_PER_SECOND = 50;
/** How many of the server's last lines are told when it ends. */
const KEPT_LOG_LINES = 20;
/** How long after its end a server's last output is still read: a process that it left behind may hold the pipe open. */
const LAST_OUTPUT_MS = 200;
/** How long a server may take to end after its input was closed, and again after SIGTERM. */
const STOP_GRACE_MS = 1_000;
/** A server that reads nothing gets no more than this. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** Why a server is gone, as a sentence, with its last lines of stderr. */
export interface ChildEnd {
  reason: string;
  lastLines: string[];
}

/** A running stdio server. */
export interface Child {
  /** Sends one line. False: the server does not read, or is gone. */
  send(line: string): boolean;
  /** Closes its input, then asks, then kills it and what it started. */
  stop(): Promise<void>;
  /** Resolves when it exited or closed its output. */
  ended: Promise<ChildEnd>;
  startFailed: boolean;
}

/** Starts the server in a process group of its own, with exactly this environment. */
export function startChild(
  [program = "", ...args]: string[],
  environment: Record<string, string>,
  log: Log,
  onLine: (line: Line) => void,
): Child {
  const isGroup = process.platform !== "win32";
  const child = spawn(program, args, { env: environment, detached: isGroup });
  const { promise: ended, resolve: end } = Promise.withResolvers<ChildEnd>();
  const lastLines = drain(child.stderr, log);
  const handle: Child = { send, stop, ended, startFailed: false };
  const finish = (reason: string) => {
    end({ reason: log.redact(reason), lastLines: lastLines.map((line) => log.redact(line)) });
  };

  const stdout = new LineReader(MAX_LINE_BYTES);
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk).forEach(onLine));
  // A server that exits ends its output first; its exit says more.
  child.stdout.on("end", () => setTimeout(() => finish("it closed its output"), LAST_OUTPUT_MS));
  child.stdin.on("error", () => undefined);
  child.on("error", (error: NodeJS.ErrnoException) => {
    handle.startFailed = true;
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

  /** The group holds what the server started, and outlives it. */
  function kill(signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      if (isGroup) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // The whole group is gone.
    }
  }

  return handle;
}

/** Logs a server's stderr as fast as is allowed; the array is kept at its last lines. */
function drain(stderr: NodeJS.ReadableStream, log: Log): string[] {
  const lastLines: string[] = [];
  const reader = new LineReader(MAX_LOG_LINE_BYTES);
  let allowed = LOG_BURST;
  let refilledAt = Date.now();
  let dropped = 0;
  const accept = (line: Line) => {
    const text = line.kind === "line" ? line.text : `${line.head} … ${line.tail}`;
    lastLines.push(text);
    if (lastLines.length > KEPT_LOG_LINES) lastLines.shift();
    const now = Date.now();
    allowed = Math.min(LOG_BURST, allowed + ((now - refilledAt) / 1000) * LOG_LINES_PER_SECOND);
    refilledAt = now;
    if (allowed < 1) {
      dropped++;
      return;
    }
    allowed--;
    if (dropped > 0) log.bridge(`${dropped} lines of the server's stderr were left out`);
    dropped = 0;
    log.server(text);
  };
  stderr.on("data", (chunk: Buffer) => reader.push(chunk).forEach(accept));
  stderr.on("end", () => reader.push(Buffer.from("\n")).filter(hasText).forEach(accept));
  return lastLines;
}

function hasText(line: Line): boolean {
  return line.kind === "too_long" || line.text !== "";
}
