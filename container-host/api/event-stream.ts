import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { EngineError, type LogQuery } from "../engine/engine.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import { sleepUntil } from "../instances/sleep-until.ts";
import type { ApiRequest } from "./api-route.ts";

/** Default of `tail`. */
const TAIL_LINES = 50;
const MAX_TAIL_LINES = 1_000;
/** A comment every 15 s keeps proxies from closing a silent stream. */
const KEEP_ALIVE_MS = 15_000;
const ENGINE_RETRY_MS = 1_000;

/**
 * `GET …/logs?tail=50&follow=1`: an event stream of the instance's state (`state`, now and at each change) and its log
 * (`log`, one event a line). Without `follow` it ends after the tail; with it, when the caller disconnects or the
 * instance is terminated.
 */
export async function streamInstanceEvents(
  instance: HostedInstance,
  context: ApiRequest,
): Promise<void> {
  const { response, query } = context;
  const follow = query.get("follow") === "1";
  const tail = parseTail(query.get("tail"));
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, instance.terminationSignal, done.signal]);
  const send = (event: string, data: unknown) => {
    if (!signal.aborted) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const keepAlive = setInterval(() => response.write(":\n\n"), KEEP_ALIVE_MS);
  instance.onChange(() => send("state", instance.describe()), signal);
  send("state", instance.describe());
  try {
    await followLog(instance, { tail, follow, signal }, (line) => send("log", line));
  } catch (error) {
    if (!signal.aborted)
      logFailure("log_stream_failed", error, { instance: instance.metadata.instanceId });
  } finally {
    clearInterval(keepAlive);
    done.abort();
    response.end();
  }
}

function parseTail(text: string | null): number {
  return text !== null && /^\d{1,4}$/.test(text)
    ? Math.min(Number(text), MAX_TAIL_LINES)
    : TAIL_LINES;
}

/** Reads the log over restarts: the engine ends a log stream with the run, so the next read begins at the last line. */
async function followLog(
  instance: HostedInstance,
  { tail, follow, signal }: { tail: number; follow: boolean; signal: AbortSignal },
  onLine: (line: LogLine) => void,
): Promise<void> {
  let last: string | null = null;
  do {
    const query: Pick<LogQuery, "tail" | "since"> =
      last === null ? { tail, since: null } : { tail: MAX_TAIL_LINES, since: last };
    // Subscribed before the read, so that no change is missed.
    const change = instance.waitForChange(signal);
    try {
      for await (const line of instance.readLog({ ...query, follow, signal })) {
        // `since` is inclusive.
        if (last !== null && line.at <= last) continue;
        last = line.at;
        onLine(line);
      }
      if (follow) await change;
    } catch (error) {
      if (!follow) throw error;
      // The engine is down; servers keep running meanwhile.
      if (!(error instanceof EngineError))
        logFailure("log_stream_failed", error, { instance: instance.metadata.instanceId });
      await sleepUntil(ENGINE_RETRY_MS, signal);
    }
  } while (follow && !signal.aborted);
}
