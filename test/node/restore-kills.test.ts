import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { childrenOf } from "../bench/processes.ts";
import { startListedUpstream } from "../fixtures/listed-upstream.mjs";
import {
  createGovernedWorkspace,
  postRequest,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

const KILLS = Number(process.env["KILLS"] ?? 10);
const SLUG = "restores";
const SERVERS = Array.from({ length: 12 }, (_, i) => `s${i}`);
/** Lists that clients ask for beside a return. */
const LISTS = 8;

const Versions = z.object({
  items: z.array(z.object({ number: z.int() })),
  nextCursor: z.string().nullable(),
});
const Whole = z.object({ document: z.unknown() });
const People = z.object({ people: z.array(z.object({ id: z.string() })) });
const List = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });

/** One of the two states between which the workspace goes. */
interface State {
  version: number;
  configuration: unknown;
  tools: string[];
}

let upstream: Awaited<ReturnType<typeof startListedUpstream>>;
let gateway: LocalGateway;
let client: { gatewayUrl: string; token: string };
let states: [State, State];

beforeAll(async () => {
  upstream = await startListedUpstream();
  gateway = await startLocalGateway();
  const servers = SERVERS.map((slug) => ({
    slug,
    url: `${upstream.url}/${slug}`,
    prefix: `first${slug}`,
  }));
  for (const slug of SERVERS) {
    const body = JSON.stringify({ tools: ["a", "b"] });
    await fetch(`${upstream.url}/control/${slug}`, { method: "POST", body });
  }
  const rules = SERVERS.slice(0, 6).map((slug) => `${slug}:*`);
  client = await createGovernedWorkspace(gateway.api, SLUG, servers, rules);
  const first = await readState();
  // All that a return stores differs: each server, their order, the rules and the settings.
  for (const slug of SERVERS)
    await manage(gateway.api, "PATCH", `/workspaces/${SLUG}/servers/${slug}`, {
      prefix: `second${slug}`,
      headers: { "x-state": "second" },
    });
  const slugs = SERVERS.toReversed();
  await manage(gateway.api, "PUT", `/workspaces/${SLUG}/servers-order`, { slugs });
  await manage(gateway.api, "PATCH", `/workspaces/${SLUG}`, { defaultAccess: "closed" });
  const { people } = People.parse(first.configuration);
  const others = SERVERS.slice(6).map((slug) => `${slug}:a`);
  await manage(gateway.api, "PUT", `/workspaces/${SLUG}/members/${people[0]?.id}/rules`, {
    rules: others,
  });
  states = [first, await readState()];
}, 120_000);

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

test(
  `a return that is killed leaves one of the two configurations whole, ${KILLS} times: document, versions and lists`,
  { timeout: 60_000 + KILLS * 15_000 },
  async () => {
    expect(states[0].tools).toHaveLength(12);
    expect(states[1].tools).toHaveLength(6);
    const start = performance.now();
    await Promise.all([...load(), restore(states[0])]);
    const duration = performance.now() - start;
    let current = 0;
    let changed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const target = 1 - current;
      const lists = load();
      const returned = restore(states[target] ?? states[0]).catch(() => "cut off");
      // From the beginning of a return to its end; the last one is killed when it is confirmed.
      if (kill < KILLS - 1) await setTimeout((duration * (kill + Math.random())) / (KILLS - 1));
      else await returned;
      for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
      await Promise.all(lists);
      const isConfirmed = (await returned) === "confirmed";
      await gateway.pause();
      await gateway.resume();
      const now = await readState();
      const found = states.findIndex(
        ({ configuration }) => JSON.stringify(configuration) === JSON.stringify(now.configuration),
      );
      expect(isConfirmed ? [target] : [0, 1]).toContain(found);
      expect(now.tools).toEqual(states[found]?.tools);
      if (found !== current) changed++;
      current = found;
      const numbers = await listVersions();
      expect(numbers).toEqual(Array.from({ length: now.version }, (_, i) => now.version - i));
      const path = `/workspaces/${SLUG}/versions/${now.version}`;
      const { document } = Whole.parse(await manage(gateway.api, "GET", path));
      expect(document).toEqual(now.configuration);
    }
    // The last one at least.
    expect(changed).toBeGreaterThan(0);
    console.info(`${KILLS} kills: ${changed} returns were stored, ${KILLS - changed} were not`);
  },
);

async function restore({ version }: State): Promise<"confirmed"> {
  await manage(gateway.api, "POST", `/workspaces/${SLUG}/versions/${version}/restore`, {});
  return "confirmed";
}

function load(): Promise<unknown>[] {
  return Array.from({ length: LISTS }, () => listTools().catch(() => "cut off"));
}

async function readState(): Promise<State> {
  const configuration = await manage(gateway.api, "GET", `/workspaces/${SLUG}/configuration`);
  const [version = 0] = await listVersions();
  return { version, configuration, tools: await listTools() };
}

/** The numbers of all versions, newest first. */
async function listVersions(): Promise<number[]> {
  const path = `/workspaces/${SLUG}/versions?limit=500`;
  const { items, nextCursor } = Versions.parse(await manage(gateway.api, "GET", path));
  expect(nextCursor).toBeNull();
  return items.map(({ number }) => number);
}

async function listTools(): Promise<string[]> {
  const response = await postRequest(client, "tools/list");
  return List.parse(await response.json()).result.tools.map(({ name }) => name);
}
