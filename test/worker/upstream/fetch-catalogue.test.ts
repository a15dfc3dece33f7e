import { describe, expect, inject, test } from "vitest";
import { DEFAULT_BUDGETS } from "../../../workers/contract/limits.ts";
import type { Detected, ToolCatalogue } from "../../../workers/contract/rpc/tool-catalogue.ts";
import { egressOf } from "../../../workers/upstream/egress.ts";
import { fetchCatalogue } from "../../../workers/upstream/fetch-catalogue.ts";
import { probe } from "../../../workers/upstream/probe.ts";
import { bindings, upstreamStats } from "../support/gateway-client.ts";

const BUDGETS = {
  ...DEFAULT_BUDGETS,
  connectMs: 5_000,
  firstByteMs: 5_000,
  idleMs: 1_000,
  // The largest catalogues take several seconds on a busy machine.
  totalMs: 55_000,
};
const OPTIONS = { budgets: BUDGETS, ...egressOf(bindings) };
const IMPATIENT = {
  budgets: { ...BUDGETS, firstByteMs: 300, idleMs: 300, totalMs: 800 },
  ...egressOf(bindings),
};
const LEGACY: Detected = {
  transport: "streamable-http",
  era: "legacy",
  protocolVersion: "2025-11-25",
  stateful: false,
  legacy: null,
};

const peerAt = (path: string, detected = LEGACY) => ({
  url: inject("hostileUrl") + path,
  headers: {},
  detected,
});

async function catalogueAt(path: string): Promise<ToolCatalogue> {
  const fetched = await fetchCatalogue(peerAt(path), OPTIONS);
  if (!fetched.ok) throw new Error(fetched.error.message);
  return fetched.catalogue;
}

async function catalogueOf(url: string): Promise<ToolCatalogue> {
  const peer = { url, headers: {} };
  const probed = await probe(peer, false, OPTIONS);
  if (!probed.ok) throw new Error(probed.error.message);
  const fetched = await fetchCatalogue({ ...peer, detected: probed.detected }, OPTIONS);
  if (!fetched.ok) throw new Error(fetched.error.message);
  return fetched.catalogue;
}

const keys = (items: { key: string }[]) => items.map(({ key }) => key);

describe("the content of a tool catalogue", () => {
  test.each(["everythingUrl", "everythingSseUrl"] as const)(
    "a catalogue has everything that the reference server provides (%s)",
    async (server) => {
      const catalogue = await catalogueOf(inject(server));
      expect(keys(catalogue.tools)).toEqual(expect.arrayContaining(["echo", "get-sum"]));
      expect(catalogue.prompts.length).toBeGreaterThan(0);
      expect(catalogue.resources.length).toBeGreaterThan(0);
      expect(catalogue.templates.length).toBeGreaterThan(0);
      expect(catalogue.capabilities).toHaveProperty("tools");
      expect(catalogue.serverInfo.name).toContain("everything");
      expect(catalogue.instructions).toBeTypeOf("string");
      expect(catalogue.warnings).toEqual([]);
      const echo = JSON.parse(catalogue.tools.find(({ key }) => key === "echo")?.json ?? "{}");
      expect(echo).toMatchObject({ name: "echo", inputSchema: { type: "object" } });
    },
  );

  test("a catalogue has all pages of a modern server, without tools that have an invalid x-mcp-header", async () => {
    const catalogue = await catalogueOf(inject("modernUrl"));
    expect(keys(catalogue.tools)).toEqual(["echo", "regional"]);
    expect(keys(catalogue.prompts)).toEqual(["greet"]);
    expect(catalogue).toMatchObject({
      instructions: "Be modern.",
      serverInfo: { name: "modern-upstream", version: "1.0.0" },
      resources: [],
    });
    expect(catalogue.warnings).toEqual([
      'tools/list: "spaced" has an invalid x-mcp-header annotation; it is left out',
      'tools/list: "numeric" has an invalid x-mcp-header annotation; it is left out',
    ]);
  });

  test("a catalogue has every page of a list", async () => {
    const catalogue = await catalogueAt("/list/pages");
    expect(keys(catalogue.tools)).toEqual(["t0", "t1", "t2", "t3", "t4"]);
    expect(catalogue.warnings).toEqual([]);
  });

  test("a catalogue has a list that arrived as an event stream with other messages", async () => {
    expect(keys((await catalogueAt("/list/event-list")).tools)).toEqual(["evented"]);
  });

  test("a catalogue has only usable items", async () => {
    const catalogue = await catalogueAt("/list/bad-tools");
    expect(keys(catalogue.tools)).toEqual(["no-schema", "good"]);
    expect(catalogue.warnings).toEqual([
      "tools/list: an item without a usable name is left out",
      'tools/list: "good" is listed twice; it is left out',
      'tools/list: "no-schema" is repaired: inputSchema is missing: any arguments are allowed',
    ]);
  });

  test("a catalogue has no item that is nested too deeply for clients", async () => {
    const catalogue = await catalogueAt("/list/deep-tools");
    expect(keys(catalogue.tools)).toEqual(["flat"]);
    expect(catalogue.warnings).toContain(
      'tools/list: "deep" is too large or too deeply nested; it is left out',
    );
  });
});

describe("the limits of a tool catalogue", () => {
  test("a catalogue is limited by pages", async () => {
    const catalogue = await catalogueAt("/list/endless-cursor/catalogue");
    expect(catalogue.tools).toHaveLength(50);
    expect(catalogue.warnings).toEqual([
      "tools/list: the server sends more pages than the gateway reads; the rest is left out",
    ]);
    expect((await upstreamStats("/list/endless-cursor/catalogue")).methods["tools/list"]).toBe(50);
  });

  test("a catalogue is limited by items", async () => {
    const catalogue = await catalogueAt("/list/many-tools");
    expect(catalogue.tools).toHaveLength(2_000);
    expect(catalogue.warnings).toEqual([
      "tools/list: the server sends more than the gateway keeps; the rest is left out",
    ]);
  });

  test("a catalogue ends at a repeated cursor", async () => {
    const catalogue = await catalogueAt("/list/repeated-cursor/catalogue");
    expect(keys(catalogue.tools)).toEqual(["one"]);
    expect(catalogue.warnings).toContain(
      "tools/list: the server sends the same cursor twice; the rest is left out",
    );
    expect((await upstreamStats("/list/repeated-cursor/catalogue")).methods["tools/list"]).toBe(2);
  });

  test("a catalogue is limited by the length of an item, of all items and of cursors", async () => {
    const huge = await catalogueAt("/list/huge-pages");
    expect(huge.tools).toEqual([]);
    const large = await catalogueAt("/list/large-pages");
    expect(large.tools.length).toBe(5);
    expect(large.warnings).toEqual([
      "tools/list: the server sends more than the gateway keeps; the rest is left out",
    ]);
    await catalogueAt("/list/long-cursor/catalogue");
    expect((await upstreamStats("/list/long-cursor/catalogue")).methods["tools/list"]).toBeLessThan(
      4,
    );
  }, 60_000);
});

test.each(["events", "chunked", "declared"])(
  "bytes that are no message (%s) keep the fetch of a list alive",
  async (framing) => {
    // Ten beats take longer than the idle budget of 1 s.
    const catalogue = await catalogueAt(`/list/beating/${framing}/200/9`);
    expect(keys(catalogue.tools)).toEqual(["beaten"]);
  },
);

describe("a failing tool list fails the whole", () => {
  test.each([
    ["401", "upstream_unauthorized"],
    ["500", "upstream_http_error"],
    ["hang", "upstream_timeout"],
    ["drip", "upstream_timeout"],
    ["drip-forever", "upstream_timeout"],
    ["slow-chatter", "upstream_timeout"],
    ["slow-pages", "upstream_timeout"],
    ["refuse", "upstream_unreachable"],
    ["mid-body", "upstream_unreachable"],
    ["redirect", "upstream_redirect"],
    ["giant", "upstream_too_large"],
    ["giant-chunked", "upstream_too_large"],
    ["gzip-bomb", "upstream_too_large"],
    ["giant-line", "upstream_too_large"],
    ["endless-line", "upstream_too_large"],
    ["silent-end", "upstream_bad_response"],
    ["html", "upstream_bad_response"],
    ["garbage", "upstream_bad_response"],
    ["wrong-id", "upstream_bad_response"],
    ["no-list", "upstream_bad_response"],
    ["rpc-error", "upstream_bad_response"],
  ])("a tool list that fails by %s fails the catalogue with %s", async (fault, code) => {
    // Large responses need time; only a timeout is to be caused.
    const options = code === "upstream_timeout" ? IMPATIENT : OPTIONS;
    const fetched = await fetchCatalogue(peerAt(`/list/${fault}/catalogue`), options);
    expect(fetched).toMatchObject({ ok: false, error: { code } });
    expect(JSON.stringify(fetched)).not.toMatch(/upstream-secret|nginx|127\.0\.0\.1/);
  });

  test.each(["hang", "drip", "drip-forever", "slow-chatter", "endless-line"])(
    "a server that fails by %s is disconnected",
    async (fault) => {
      const path = `/list/${fault}/hung-up`;
      await fetchCatalogue(peerAt(path), IMPATIENT);
      await expect.poll(async () => (await upstreamStats(path)).closed).toBe(1);
    },
  );
});

test("a server whose time is over gets no further request", async () => {
  await fetchCatalogue(peerAt("/list/slow-pages/time-is-up"), IMPATIENT);
  const countLists = async () =>
    (await upstreamStats("/list/slow-pages/time-is-up")).methods["tools/list"];
  const before = await countLists();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(before).toBeLessThan(6);
  expect(await countLists()).toBe(before);
});

test("a failing list of prompts is a warning, and a missing one is empty", async () => {
  const catalogue = await catalogueAt("/prompts/500");
  expect(keys(catalogue.tools)).toEqual(["echo", "add"]);
  expect(catalogue).toMatchObject({
    prompts: [],
    resources: [],
    warnings: ["prompts/list: 500 from the server"],
  });
});

test("an introduction that is nested too deeply is refused", async () => {
  expect(await fetchCatalogue(peerAt("/any/deep-introduction"), OPTIONS)).toMatchObject({
    ok: false,
    error: { code: "upstream_bad_response" },
  });
});

test("the session for the lists stays open, and the next fetch uses it", async () => {
  const peer = peerAt("/session/catalogue");
  const first = await fetchCatalogue(peer, OPTIONS);
  if (!first.ok) throw new Error(first.error.message);
  const second = await fetchCatalogue(peer, OPTIONS, first.session);
  expect(second).toEqual(first);
  expect((await upstreamStats("/session/catalogue")).methods).toEqual({
    initialize: 1,
    "notifications/initialized": 1,
    "tools/list": 2,
  });
});

test("a session that the server has lost is opened again for the lists", async () => {
  const peer = peerAt("/session/lost-catalogue");
  const first = await fetchCatalogue(peer, OPTIONS);
  if (!first.ok || !first.session) throw new Error("no session");
  const lost = { ...first.session, sessionId: "from-before-a-restart" };
  const second = await fetchCatalogue(peer, OPTIONS, lost);
  expect(second.ok && keys(second.catalogue.tools)).toEqual(["echo", "add"]);
});

test("modern requests carry the envelope and the headers of their era", async () => {
  const detected: Detected = { ...LEGACY, era: "modern", protocolVersion: "2026-07-28" };
  await fetchCatalogue(
    { ...peerAt("/any/modern-envelope", detected), headers: { "x-key": "k" } },
    OPTIONS,
  );
  const { last } = await upstreamStats("/any/modern-envelope");
  expect(last?.headers).toMatchObject({
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "server/discover",
    "x-key": "k",
  });
  expect(JSON.parse(last?.body ?? "{}").params._meta).toEqual({
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "mcpnest", version: expect.any(String) },
  });
});
