#!/usr/bin/env node
// Serves one stdio MCP server over HTTP. README.md describes the environment and the exit codes.
import { once } from "node:events";
import { statSync } from "node:fs";
import type { Server } from "node:http";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { toChildEnvironment } from "./child-environment.ts";
import { startChild, type Child, type ChildEnd } from "./child.ts";
import { readHandover, type Handover } from "./handover.ts";
import { HostedServer } from "./hosted-server.ts";
import { createBridge } from "./http.ts";
import { openLog, type Log } from "./log.ts";
import { isLoopback, parseSettings, type Settings } from "./settings.ts";

const EXIT = { failed: 1, configuration: 2, cannotStart: 3, notReady: 4, ended: 5, tooSlow: 6 };
/** Calls in flight and running tasks have 5 s to end after SIGTERM. */
const DRAIN_MS = 5_000;
/** Time for the last responses to reach their clients after the server's end. */
const LAST_RESPONSES_MS = 200;
const NO_HANDOVER: Handover = { variables: {}, credentials: {}, secret: null };

await main();

async function main(): Promise<void> {
  const parsed = parseSettings(process.env, process.argv.slice(2));
  if (!parsed.ok) return exit(EXIT.configuration, parsed.message);
  const { settings } = parsed;
  const parsedHandover = settings.waitsForHandover
    ? await readHandover(process.stdin)
    : { ok: true as const, handover: NO_HANDOVER };
  if (!parsedHandover.ok) return exit(EXIT.configuration, parsedHandover.message);
  if (parsedHandover.handover.secret === null && !isLoopback(settings.host)) {
    const message = `HOST=${settings.host} needs a secret in the handover; without one HOST must be 127.0.0.1`;
    return exit(EXIT.configuration, message);
  }
  if (settings.requiresProtection && !isProtected()) {
    const message =
      "The server could read the memory of the bridge: the image's Node must not be readable for the user of the container (mode 0111)";
    return exit(EXIT.configuration, message);
  }
  await run(settings, parsedHandover.handover);
}

/**
 * Whether other processes of this user cannot read this process's memory and environment. Linux protects a process whose
 * program its user cannot read, and gives its files in /proc to root (proc(5), ptrace(2)).
 */
function isProtected(): boolean {
  return statSync("/proc/self/environ").uid !== process.getuid?.();
}

async function run(settings: Settings, handover: Handover): Promise<void> {
  const { secret } = handover;
  const log = openLog([
    ...Object.values(handover.credentials),
    ...(secret === null ? [] : [secret]),
  ]);
  // Node itself would print the error's message, which can quote a request.
  process.on("uncaughtException", (error) => {
    log.failure("the bridge failed", error);
    process.exit(EXIT.failed);
  });
  const environment = toChildEnvironment(process.env, settings, handover);
  const start = (): Child => {
    const started = startChild(settings.command, environment, log, (line) => server.receive(line));
    void started.ended.then(() => server.end());
    return started;
  };
  let child = start();
  const server = new HostedServer(settings, (line) => child.send(line));
  const http = createBridge({ server, secret, log });
  const stopping = stopOnSignal(server, http, () => child.stop(), log);
  const isStopping = () => stopping.aborted;

  http.listen(settings.port, settings.host);
  const failure = await once(http, "listening").then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : "unknown error"),
  );
  if (failure !== null) {
    await child.stop();
    return exit(EXIT.configuration, failure, log);
  }
  const startedAt = performance.now();
  const handshake = await server.handshake({
    ended: () => child.ended,
    restart: async () => {
      await child.stop();
      if (!isStopping()) child = start();
    },
    redact: log.toShown,
  });
  const tookMs = Math.round(performance.now() - startedAt);
  if (isStopping()) return;
  if (!handshake.ok) return exitNotReady(handshake.reason, tookMs, { settings, child, log });
  if (handshake.notice !== null) log.bridge(handshake.notice);
  log.bridge(`ready on ${formatUrl(http, settings)} after ${tookMs} ms`);
  // Lists the tools before the first call needs them.
  if (settings.concurrency === "serial-writes") void server.tools.find(null);
  const end = await child.ended;
  if (isStopping()) return;
  await sleep(LAST_RESPONSES_MS);
  await child.stop();
  exit(EXIT.ended, endMessage(end, true), log);
}

/** Ends a server that cannot be used, and exits with the reason. */
async function exitNotReady(
  reason: string | null,
  tookMs: number,
  { settings, child, log }: { settings: Settings; child: Child; log: Log },
): Promise<void> {
  // A server that ends after its refusal gives a better reason with its last lines.
  const end = await Promise.race([child.ended, sleep(LAST_RESPONSES_MS, null)]);
  await child.stop();
  const clause = reason === null ? "" : `The server cannot be used: ${reason}`;
  if (end) {
    const message = [clause, endMessage(end, false)].filter((text) => text !== "").join(". ");
    return exit(child.startFailed ? EXIT.cannotStart : EXIT.notReady, message, log);
  }
  exit(tookMs >= settings.startTimeoutMs ? EXIT.tooSlow : EXIT.notReady, clause, log);
}

function formatUrl(http: Server, settings: Settings): string {
  const address = http.address();
  const port = typeof address === "object" && address ? address.port : settings.port;
  return `http://${settings.host}:${port}`;
}

function endMessage({ reason, lastLines }: ChildEnd, wasReady: boolean): string {
  const when = wasReady ? "" : " before it was ready";
  const lastOutput =
    lastLines.length === 0
      ? "It wrote nothing to stderr."
      : `Its last lines:\n  ${lastLines.join("\n  ")}`;
  return `The server ended${when}: ${reason}. ${lastOutput}`;
}

/** Shuts down gracefully on SIGTERM and SIGINT. The returned signal is aborted when the shutdown begins. */
function stopOnSignal(
  server: HostedServer,
  http: Server,
  stopChild: () => Promise<void>,
  log: Log,
): AbortSignal {
  const stopping = new AbortController();
  const stop = async (signal: string) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.bridge(`${signal}: stopping`);
    http.close();
    http.closeIdleConnections();
    const deadline = Date.now() + DRAIN_MS;
    while (server.workCount > 0 && Date.now() < deadline) await sleep(20);
    http.closeAllConnections();
    await stopChild();
    process.exit(0);
  };
  process.on("SIGTERM", (signal) => void stop(signal));
  process.on("SIGINT", (signal) => void stop(signal));
  return stopping.signal;
}

function exit(code: number, message: string, log: Log = openLog([])): void {
  log.bridge(message);
  process.exit(code);
}
