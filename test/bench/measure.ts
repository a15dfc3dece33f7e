import autocannon from "autocannon";
import { z } from "zod";
import { cpuMs } from "./processes.ts";

export interface Target {
  name: string;
  url: string;
  headers: Record<string, string>;
  /** The process whose CPU time and memory are measured. */
  pid: number;
  /** URLs that return the upstreams' request counts. */
  fixtures: string[];
}

/** The results of one target in one round, by the name of the measure. */
export type Figures = Record<string, number>;

const Tools = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });
const Stats = z.object({ hits: z.number() });
const CONTENT = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
  // Only a gateway that is configured to trust this header reads it: a load balancer would send it.
  "cf-connecting-ip": "198.18.0.1",
};
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

/** Runs all measures of one target sequentially. */
export async function measure(target: Target, seconds: number): Promise<Figures> {
  const names = await toolNames(target);
  const call = (tool: string, args: object) => {
    const params = { name: names.find((name) => name.endsWith(tool)), arguments: args };
    return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  };
  const echo = call("echo", { text: "hello" });
  const alone = await load(target, echo, 1, seconds);
  const sixteen = await load(target, echo, 16, seconds);
  const many = await load(target, echo, 64, seconds);
  const list = await load(target, LIST, 1, seconds);
  const big = await load(target, call("big", {}), 1, seconds);
  const stream = await firstEvent(target, call("stream", {}));
  return {
    "call, 1 at a time: p50 ms": alone.p50,
    "call, 16 at a time: requests/s": sixteen.perSecond,
    "call, 64 at a time: requests/s": many.perSecond,
    "call, 16 at a time: CPU ms per call": sixteen.cpuMsEach,
    "upstream requests per call": alone.upstreamEach,
    "tools per list": names.length,
    "list: p50 ms": list.p50,
    "upstream requests per list": list.upstreamEach,
    "1 MB result: p50 ms": big.p50,
    "1 MB result: CPU ms": big.cpuMsEach,
    "stream: first event ms": stream.firstMs,
    "stream: events before the result": stream.events,
  };
}

async function toolNames(target: Target): Promise<string[]> {
  const response = await post(target, LIST);
  return Tools.parse(await response.json()).result.tools.map((tool) => tool.name);
}

function post(target: Target, body: string): Promise<Response> {
  return fetch(target.url, { method: "POST", headers: { ...CONTENT, ...target.headers }, body });
}

async function load(target: Target, body: string, connections: number, seconds: number) {
  const times: number[] = [];
  const upstreamBefore = await upstreamRequests(target);
  const cpuBefore = cpuMs(target.pid);
  const startedAt = performance.now();
  const run = autocannon({
    url: target.url,
    method: "POST",
    headers: { ...CONTENT, ...target.headers },
    body,
    connections,
    duration: seconds,
    verifyBody: (answer) => answer.includes('"result"') && !answer.includes('"isError":true'),
  });
  run.on("response", (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  const { errors, mismatches, non2xx } = await run;
  if (errors + mismatches + non2xx > 0) {
    throw new Error(
      `${target.name}: ${errors} errors, ${non2xx} bad statuses, ${mismatches} bad answers`,
    );
  }
  const elapsedMs = performance.now() - startedAt;
  const cpu = cpuMs(target.pid) - cpuBefore;
  const upstream = (await upstreamRequests(target)) - upstreamBefore;
  return {
    p50: median(times),
    perSecond: (times.length / elapsedMs) * 1000,
    cpuMsEach: cpu / times.length,
    upstreamEach: upstream / times.length,
  };
}

async function upstreamRequests(target: Target): Promise<number> {
  const hits = target.fixtures.map(
    async (url) => Stats.parse(await (await fetch(url)).json()).hits,
  );
  return (await Promise.all(hits)).reduce((sum, count) => sum + count, 0);
}

/** Calls a tool that reports progress five times, 20 ms apart. Buffered events arrive together at the end. */
async function firstEvent(
  target: Target,
  body: string,
): Promise<{ firstMs: number; events: number }> {
  const firstTimes: number[] = [];
  const counts: number[] = [];
  const withToken = body.replace('"arguments"', '"_meta":{"progressToken":"p"},"arguments"');
  for (let round = 0; round < 12; round += 1) {
    const startedAt = performance.now();
    const response = await post(target, withToken);
    const chunks = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
    let firstAt: number | undefined;
    let beforeResult = "";
    for await (const chunk of chunks) {
      if (chunk.includes("data:")) firstAt ??= performance.now();
      beforeResult += chunk;
    }
    firstTimes.push((firstAt ?? Infinity) - startedAt);
    counts.push(beforeResult.split("notifications/progress").length - 1);
  }
  return { firstMs: median(firstTimes), events: median(counts) };
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
