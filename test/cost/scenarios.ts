import { createOpenWorkspace, postRequest } from "../fixtures/local-gateway.ts";
import type { CountedGateway } from "./counted-gateway.ts";
import { mapCounts, type Counts } from "./counters.ts";

const SERVERS = 10;
/** An object is evicted after 10 s without an event, and calls leave work for some seconds. */
const ASLEEP_AFTER_MS = 20_000;
/** The count of an address's failed authentications is kept for a minute. */
const FORGOTTEN_AFTER_MS = 70_000;
/** Longer than the time between two checks of a workspace that is in use. */
const LONGEST_CHECK_MS = 7 * 60_000;
const ISOLATED_CALLS = 3;
const BURST_CALLS = 100;
const LISTENERS = 5;
const LISTENING_MS = 120_000;

/** A workspace with ten servers of 50 tools each. */
export interface Workspace {
  gatewayUrl: string;
  token: string;
}

/** What each unit of use costs. */
export interface Costs {
  /** One call of a workspace whose object sleeps. */
  isolatedCall: Counts;
  /** One of 100 calls at the same time. */
  burstCall: Counts;
  /** One check of a workspace with ten servers. */
  check: Counts;
  /** One hour of one client that listens, without its checks. */
  listeningHour: Counts;
  /** One workspace with one listening client, when a release is deployed. */
  deployment: Counts;
}

/** Runs every scenario one after the other. `upstreamUrl`: of `startUpstream`. */
export async function measureCosts(gateway: CountedGateway, upstreamUrl: string): Promise<Costs> {
  const make = (slug: string) => makeWorkspace(gateway, slug, upstreamUrl);
  const used = await make("used");
  const isolatedCall = await measureIsolatedCalls(gateway, used, ISOLATED_CALLS);
  const burstCall = await measureBurst(gateway, used);
  const check = await measureCheck(gateway);
  const listeners = [];
  for (let n = 0; n < LISTENERS; n++) listeners.push(await make(`listening-${n}`));
  const listeningHour = await measureListening(gateway, listeners, LISTENING_MS);
  const deployment = await measureDeployment(gateway, listeners);
  return { isolatedCall, burstCall, check, listeningHour, deployment };
}

/** Makes a workspace with ten servers of 50 tools each, whose lists are stored. */
export async function makeWorkspace(
  { api }: CountedGateway,
  slug: string,
  upstreamUrl: string,
): Promise<Workspace> {
  const servers = Array.from({ length: SERVERS }, (_, n) => ({
    slug: `server-${n}`,
    url: `${upstreamUrl}/${slug}/${n}`,
    prefix: `s${n}`,
  }));
  const workspace = await createOpenWorkspace(api, slug, servers);
  await callTool(workspace);
  return workspace;
}

/** Counts from now on, after the requests that made workspaces and first judged tokens are forgotten. */
async function countFromForgotten(gateway: CountedGateway): Promise<void> {
  await sleep(FORGOTTEN_AFTER_MS);
  await gateway.readCounts();
}

/** Counts from now on, after everything that happened before has ended. */
async function countFromSleep(gateway: CountedGateway): Promise<void> {
  await sleep(ASLEEP_AFTER_MS);
  await gateway.readCounts();
}

/** Returns the counters of one of several calls, each of which wakes the workspace. */
export async function measureIsolatedCalls(
  gateway: CountedGateway,
  workspace: Workspace,
  calls: number,
): Promise<Counts> {
  await countFromForgotten(gateway);
  for (let n = 0; n < calls; n++) {
    await callTool(workspace);
    await sleep(ASLEEP_AFTER_MS);
  }
  return perUnit(await gateway.readCounts(), calls);
}

/** Returns the counters of one of several calls of a tool, one after the other, in a workspace that is awake. */
export async function measureWarmCalls(
  gateway: CountedGateway,
  workspace: Workspace,
  tool: string,
  calls: number,
): Promise<Counts> {
  const callOnce = async () => {
    const response = await postRequest(workspace, "tools/call", { name: tool });
    const text = await response.text();
    if (!text.includes('"content"')) throw new Error(`the call was answered with ${text}`);
  };
  await callOnce();
  await gateway.readCounts();
  for (let n = 0; n < calls; n++) await callOnce();
  return perUnit(await gateway.readCounts(), calls);
}

async function measureBurst(gateway: CountedGateway, workspace: Workspace): Promise<Counts> {
  await countFromSleep(gateway);
  await Promise.all(Array.from({ length: BURST_CALLS }, () => callTool(workspace)));
  await sleep(ASLEEP_AFTER_MS);
  return perUnit(await gateway.readCounts(), BURST_CALLS);
}

/** Waits for the next check of the one workspace, by its alarm or by cron. */
async function measureCheck(gateway: CountedGateway): Promise<Counts> {
  // The first one stores the hosted servers as entries of the marketplace.
  await gateway.runCrons(new Date());
  await countFromSleep(gateway);
  const endsAt = Date.now() + LONGEST_CHECK_MS;
  while (Date.now() < endsAt) {
    // The minute of all periodic triggers but the hourly ones.
    await gateway.runCrons(new Date(Date.UTC(2026, 0, 1, 12, 5)));
    await sleep(ASLEEP_AFTER_MS);
    const counts = await gateway.readCounts();
    if (counts.objectRowsWritten > 0) return counts;
  }
  throw new Error("the workspace was not checked");
}

/** Returns the counters of one hour of one client, from one client in each workspace during a time. */
export async function measureListening(
  gateway: CountedGateway,
  all: Workspace[],
  listeningMs: number,
): Promise<Counts> {
  const streams = await Promise.all(all.map(listen));
  await countFromForgotten(gateway);
  await sleep(listeningMs);
  const counts = await gateway.readCounts();
  for (const stream of streams) stream.abort();
  return perUnit(counts, (all.length * listeningMs) / 3_600_000);
}

async function measureDeployment(gateway: CountedGateway, all: Workspace[]): Promise<Counts> {
  await gateway.pause();
  await gateway.resume();
  const streams = await Promise.all(all.map(listen));
  await sleep(ASLEEP_AFTER_MS);
  const counts = await gateway.readCounts();
  for (const stream of streams) stream.abort();
  return perUnit(counts, all.length);
}

/** Opens the notification stream of a new session, as the SDK's client does. */
async function listen({ gatewayUrl, token }: Workspace): Promise<AbortController> {
  const clientInfo = { name: "cost", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const response = await postRequest({ gatewayUrl, token }, "initialize", params);
  await response.text();
  const connection = new AbortController();
  const stream = await fetch(gatewayUrl, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: "text/event-stream",
      "mcp-session-id": response.headers.get("mcp-session-id") ?? "",
      "mcp-protocol-version": "2025-11-25",
    },
    signal: connection.signal,
  });
  if (!stream.ok) throw new Error(`the stream was answered with ${stream.status}`);
  return connection;
}

async function callTool(workspace: Workspace): Promise<void> {
  const response = await postRequest(workspace, "tools/call", { name: "s0_tool_0" });
  const text = await response.text();
  if (!text.includes('"done"')) throw new Error(`the call was answered with ${text}`);
}

function perUnit(counts: Counts, units: number): Counts {
  return mapCounts(counts, (value) => value / units);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
