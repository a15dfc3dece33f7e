import { setTimeout as sleep } from "node:timers/promises";
import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import type { LogQuery } from "../engine/engine.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import { logEvent } from "../log.ts";
import type { ApiCall } from "./api-route.ts";

const TAIL_LINES = 50;
const MAX_TAIL_LINES = 1_000;
const KEEP_ALIVE_MS = 15_000;
const ENGINE_RETRY_MS = 1_000;

/**
 * `GET …/logs?tail=50&follow=1`: an event stream of the instance's state (`state`, now and at each change) and its log
 * (`log`, a line each). Without `follow` it ends after the tail; with it, at the caller's hang-up or at termination.
 */
export async function streamEvents(instance: HostedInstance, call: ApiCall): Promise<void> {
  const { response, query } = call;
  const follow = query.get("follow") === "1";
  const tail = parseTail(query.get("tail"));
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const done = new AbortController();
  const signal = AbortSignal.any([call.signal, instance.terminated, done.signal]);
  const send = (event: string, data: unknown) => {
    if (!signal.aborted) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const keepAlive = setInterval(() => response.write(":\n\n"), KEEP_ALIVE_MS);
  instance.onChange(() => send("state", instance.describe()), signal);
  send("state", instance.describe());
  try {
    await followLog(instance, { tail, follow, signal }, (line) => send("log", line));
  } catch {
    if (!signal.aborted)
      logEvent({ event: "log_stream_failed", instance: instance.facts.instanceId });
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

/** The engine ends a log stream with the container's run: the next run is read from where the last one ended. */
async function followLog(
  instance: HostedInstance,
  { tail, follow, signal }: { tail: number; follow: boolean; signal: AbortSignal },
  onLine: (line: LogLine) => void,
): Promise<void> {
  let last: string | null = null;
  do {
    const query: Pick<LogQuery, "tail" | "since"> =
      last === null ? { tail, since: null } : { tail: MAX_TAIL_LINES, since: last };
    // A change while the log is read counts too.
    const change = instance.changed(signal);
    try {
      for await (const line of instance.readLog({ ...query, follow, signal }) ?? []) {
        // `since` is inclusive.
        if (last !== null && line.at <= last) continue;
        last = line.at;
        onLine(line);
      }
      if (follow) await change;
    } catch (error) {
      if (!follow) throw error;
      // The engine went away; servers serve on meanwhile.
      await sleep(ENGINE_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  } while (follow && !signal.aborted);
}
