import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { startListedUpstream } from "../fixtures/listed-upstream.mjs";
import {
  createGovernedWorkspace,
  createMember,
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

/** Less than the 128 MB of an isolate on Cloudflare: buffers of bytes are not in V8's heap. */
const HEAP_MB = 100;
const MEMBERS = 100;

interface Client {
  gatewayUrl: string;
  token: string;
}

const Names = z.object({
  result: z.object({
    tools: z.array(z.object({ name: z.string() })),
    nextCursor: z.string().optional(),
  }),
});
const Check = z.object({ error: z.object({ code: z.string(), message: z.string() }).nullable() });
const Catalogue = z.object({ warnings: z.array(z.string()) });

/** A tool whose definition has about this many characters. */
const tool = (name: string, length: number) => ({
  name,
  description: "d".repeat(length),
  inputSchema: { type: "object" },
});

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "memory", version: "1" },
};

/** Requests a page of the list of tools, as a client of the era. */
async function listPage({ gatewayUrl, token }: Client, era: string, cursor?: string) {
  const params = { ...(cursor && { cursor }), ...(era === "modern" && { _meta: META }) };
  const response = await fetch(gatewayUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(era === "modern" && {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/list",
      }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params }),
  });
  return Names.parse(await response.json()).result;
}

async function countTools(client: Client): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ;) {
    const { tools, nextCursor } = await listPage(client, "legacy", cursor);
    count += tools.length;
    if (nextCursor === undefined) return count;
    cursor = nextCursor;
  }
}

describe(`a gateway with a heap of ${HEAP_MB} MB`, { timeout: 300_000 }, () => {
  let gateway: LocalGateway;
  let upstream: Awaited<ReturnType<typeof startListedUpstream>>;

  beforeAll(async () => {
    // Miniflare passes it on to workerd; the limit is that of each isolate.
    vi.stubEnv("MINIFLARE_WORKERD_V8_FLAGS", `--max-old-space-size=${HEAP_MB}`);
    upstream = await startListedUpstream();
    gateway = await startLocalGateway();
    vi.unstubAllEnvs();
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  /** Servers that list these tools. */
  async function startServers(slug: string, lists: unknown[][]) {
    for (const [i, tools] of lists.entries()) await setTools(`${slug}-${i}`, tools);
    return lists.map((_, i) => ({
      slug: `s${i}`,
      prefix: `s${i}`,
      url: `${upstream.url}/${slug}-${i}`,
    }));
  }

  const makeWorkspace = async (slug: string, lists: unknown[][]): Promise<Client> =>
    createOpenWorkspace(gateway.api, slug, await startServers(slug, lists));

  const setTools = (server: string, tools: unknown[]) =>
    fetch(`${upstream.url}/control/${server}`, {
      method: "POST",
      body: JSON.stringify({ tools }),
    });

  const check = async (slug: string, server: number) =>
    Check.parse(await manage(gateway.api, "POST", `/workspaces/${slug}/servers/s${server}/check`));

  const warningsOf = async (slug: string, server: number) => {
    const path = `/workspaces/${slug}/servers/s${server}/tool-catalogue`;
    return Catalogue.parse(await manage(gateway.api, "GET", path)).warnings;
  };

  test("100 members with the same rules list 500 tools in both eras", async () => {
    const servers = Array.from({ length: 10 }, (_, s) =>
      Array.from({ length: 50 }, (_, i) => tool(`tool-${s}-${i}`, 1_500)),
    );
    const rules = servers.map((_, s) => `s${s}:*`);
    const slug = "many-members";
    const first = await createGovernedWorkspace(
      gateway.api,
      slug,
      await startServers(slug, servers),
      rules,
    );
    const members = [first];
    while (members.length < MEMBERS) {
      const token = await createMember(gateway.api, slug, rules);
      members.push({ ...first, token });
    }
    for (const era of ["modern", "legacy"])
      for (const member of members) expect((await listPage(member, era)).tools).toHaveLength(500);
  });

  test("five servers whose lists are as large as a message can be are fetched at once, again and again", async () => {
    const large = Array.from({ length: 2_000 }, (_, i) => tool(`large-${i}`, 4_000));
    const client = await makeWorkspace(
      "large-lists",
      Array.from({ length: 5 }, () => large),
    );
    for (let round = 0; round < 3; round++) {
      const checks = await Promise.all([0, 1, 2, 3, 4].map((s) => check("large-lists", s)));
      expect(checks.map(({ error }) => error)).toEqual([null, null, null, null, null]);
    }
    const perServer = (await countTools(client)) / 5;
    expect(perServer).toBeGreaterThan(400);
    expect(perServer).toBeLessThan(600);
    expect(await warningsOf("large-lists", 0)).toEqual([
      "tools/list: the server sends more than the gateway keeps; the rest is left out",
    ]);
  });

  test("a list of 2.5 million empty objects fails its server only", async () => {
    const empty = Array.from({ length: 2_500_000 }, () => ({}));
    const client = await makeWorkspace("empty-objects", [empty, [tool("usual", 10)]]);
    expect((await check("empty-objects", 0)).error).toEqual({
      code: "upstream_too_large",
      message: expect.stringContaining("500,000 JSON values"),
    });
    expect(await countTools(client)).toBe(1);
  });

  test("a workspace keeps 24 MiB of lists, and the pages of servers beyond say what is left out", async () => {
    const list = Array.from({ length: 4 }, (_, i) => tool(`half-${i}`, 500_000));
    const slug = "full-workspace";
    const client = await makeWorkspace(
      slug,
      Array.from({ length: 14 }, () => list),
    );
    const servers = Array.from({ length: 14 }, (_, s) => s);
    for (const s of servers) expect((await check(slug, s)).error).toBeNull();
    expect(await countTools(client)).toBe(50);
    const warnings = await Promise.all(servers.map((s) => warningsOf(slug, s)));
    expect(warnings.flat().toSorted()).toEqual(
      [2, 4].map(
        (count) =>
          `The servers of this workspace list more than the gateway keeps for one workspace: ${count} items of this server are left out`,
      ),
    );
    // A server that gets smaller makes room.
    await setTools(`${slug}-0`, [tool("small", 10)]);
    for (const s of servers) await check(slug, s);
    expect(await countTools(client)).toBe(51);
  });
});
