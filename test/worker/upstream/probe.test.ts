import { describe, expect, inject, test } from "vitest";
import { DEFAULT_BUDGETS } from "../../../workers/contract/limits.ts";
import { egressOf } from "../../../workers/upstream/egress.ts";
import { probe } from "../../../workers/upstream/probe.ts";
import {
  closeUpstreamSession,
  openUpstreamSession,
} from "../../../workers/upstream/upstream-sessions.ts";
import { bindings, upstreamStats } from "../support/gateway-client.ts";

const BUDGETS = {
  ...DEFAULT_BUDGETS,
  connectMs: 300,
  firstByteMs: 300,
  idleMs: 300,
  totalMs: 1_000,
};
const OPTIONS = {
  budgets: { ...BUDGETS, connectMs: 5_000, firstByteMs: 5_000, totalMs: 10_000 },
  ...egressOf(bindings),
};
const IMPATIENT = { budgets: BUDGETS, ...egressOf(bindings) };

const hostile = (path: string) =>
  probe({ url: inject("hostileUrl") + path, headers: {} }, true, IMPATIENT);
const events = (path: string) =>
  probe({ url: `${inject("eventStreamUrl")}${path}?from=probe`, headers: {} }, true, IMPATIENT);

describe("detected servers", () => {
  test("the probe detects a server of 2026-07-28", async () => {
    expect(await probe({ url: inject("modernUrl"), headers: {} }, true, OPTIONS)).toMatchObject({
      ok: true,
      detected: {
        transport: "streamable-http",
        era: "modern",
        protocolVersion: "2026-07-28",
        stateful: false,
        legacy: null,
      },
    });
  });

  test("the probe detects a server of both eras", async () => {
    const both = await probe({ url: `${inject("modernUrl")}/both`, headers: {} }, true, OPTIONS);
    expect(both).toMatchObject({
      ok: true,
      detected: { era: "modern", legacy: { protocolVersion: "2025-11-25", stateful: false } },
    });
  });

  test("the probe detects a server that only lists its versions", async () => {
    expect(await hostile("/any/speaks-modern")).toMatchObject({
      ok: true,
      detected: { era: "modern" },
    });
  });

  test("the probe detects the sessions of the reference server", async () => {
    expect(await probe({ url: inject("everythingUrl"), headers: {} }, true, OPTIONS)).toMatchObject(
      {
        ok: true,
        detected: {
          transport: "streamable-http",
          era: "legacy",
          protocolVersion: "2025-11-25",
          stateful: true,
          legacy: null,
        },
        // The session stays open for the catalogue.
        session: { sessionId: expect.any(String), accepted: "all" },
      },
    );
  });

  test("the probe detects the HTTP+SSE transport of the reference server", async () => {
    expect(
      await probe({ url: inject("everythingSseUrl"), headers: {} }, true, OPTIONS),
    ).toMatchObject({
      ok: true,
      detected: {
        transport: "sse",
        era: "legacy",
        protocolVersion: "2025-11-25",
        stateful: false,
        legacy: null,
      },
    });
  });

  test("the probe detects a legacy server without sessions", async () => {
    expect(await hostile("/ok/probe")).toMatchObject({
      ok: true,
      detected: { era: "legacy", stateful: false },
    });
    expect((await upstreamStats("/ok/probe")).methods).toEqual({
      "server/discover": 1,
      initialize: 1,
      "notifications/initialized": 1,
    });
  });

  test("the probe detects HTTP+SSE of the oldest revision and closes it", async () => {
    expect(await events("/ok")).toMatchObject({
      ok: true,
      detected: { transport: "sse", protocolVersion: "2024-11-05" },
    });
    await expect.poll(openStreams).toBe(0);
  });
});

describe("a server that fails whatever it is sent", () => {
  test.each([
    ["401", "upstream_unauthorized"],
    ["403", "upstream_unauthorized"],
    ["500", "upstream_http_error"],
    ["hang", "upstream_timeout"],
    ["drip", "upstream_timeout"],
    ["refuse", "upstream_unreachable"],
  ])(
    "the probe of a server that fails by %s reports the failure of initialize, %s",
    async (fault, code) => {
      const path = `/any/${fault}/probe`;
      expect(await hostile(path)).toMatchObject({ ok: false, error: { code } });
      expect((await upstreamStats(path)).methods["server/discover"]).toBe(1);
      expect((await upstreamStats(path)).methods["initialize"]).toBeGreaterThan(0);
    },
  );

  test("a failed connection that Cloudflare reports with a status of its own is named", async () => {
    const message = "530 from Cloudflare: the server's host name cannot be resolved";
    expect(await hostile("/any/530/probe")).toMatchObject({ ok: false, error: { message } });
  });

  test.each([
    ["text", 1042, /global_fetch_strictly_public/],
    ["json", 1042, /global_fetch_strictly_public/],
    ["text", 1003, /Use a host name/],
    ["text", 1020, /Allow its requests there/],
  ])(
    "an error of Cloudflare as %s with the code %i says what to do",
    async (form, code, advice) => {
      expect(await hostile(`/any/cloudflare/${form}/403/${code}`)).toMatchObject({
        ok: false,
        error: {
          code: "upstream_http_error",
          status: 403,
          message: expect.stringMatching(advice),
        },
      });
    },
  );

  test("the sign-in of Cloudflare Access in place of a server leads to the service token", async () => {
    expect(await hostile("/any/signs-in")).toMatchObject({
      ok: false,
      error: {
        code: "upstream_unauthorized",
        status: 302,
        message: expect.stringMatching(/Service Auth.*cf-access-client-id/),
      },
    });
  });

  test("a server that sends without end is disconnected when the total budget is over", async () => {
    expect(await hostile("/any/drip-forever/probe")).toMatchObject({
      ok: false,
      error: { code: "upstream_timeout" },
    });
    await expect.poll(async () => (await upstreamStats("/any/drip-forever/probe")).closed).toBe(2);
  });
});

describe("addresses without an MCP server", () => {
  test("the probe finds no server behind a web page, a redirect, garbage or an unknown revision", async () => {
    for (const fault of [
      "html",
      "garbage",
      "empty",
      "wrong-id",
      "wrong-version",
      "no-result",
      "old-version",
    ]) {
      expect(await hostile(`/any/${fault}`)).toMatchObject({
        ok: false,
        error: { code: "upstream_bad_response" },
      });
    }
    expect(await hostile("/any/redirect")).toMatchObject({
      ok: false,
      error: { code: "upstream_redirect" },
    });
  });

  test("the probe finds no server where nothing is served", async () => {
    expect(await events("/html")).toEqual({
      ok: false,
      error: {
        code: "upstream_http_error",
        status: 404,
        message: "404 from the server: no MCP endpoint at this URL",
      },
    });
    expect(await events("/unauthorized")).toMatchObject({
      ok: false,
      error: { code: "upstream_unauthorized" },
    });
  });

  test("the probe finds no server on a faulty event stream and closes it", async () => {
    for (const fault of ["silent", "closes", "other-event", "mute", "chatter", "refuses-posts"]) {
      expect(await events(`/${fault}`)).toMatchObject({ ok: false });
    }
    await expect.poll(openStreams).toBe(0);
  });

  test("the probe sends no credential to an endpoint on another origin", async () => {
    const peer = {
      url: `${inject("eventStreamUrl")}/foreign?from=probe`,
      headers: { authorization: "Bearer upstream-key" },
    };
    expect(await probe(peer, true, IMPATIENT)).toMatchObject({ ok: false });
    const { posted } = await eventStreamStats();
    expect(posted.filter(({ fault }) => fault === "foreign")).toEqual([]);
  });
});

test("the probe opens a session without capabilities and closes it with DELETE", async () => {
  const peer = {
    url: `${inject("hostileUrl")}/session/unit`,
    headers: { "x-key": "k" },
  };
  const opened = await openUpstreamSession(peer, OPTIONS);
  expect(opened).toMatchObject({
    ok: true,
    session: {
      protocolVersion: "2025-11-25",
      serverInfo: { name: "hostile", version: "1" },
      instructions: null,
    },
  });
  if (!opened.ok) return;
  const initialized = await upstreamStats("/session/unit");
  expect(initialized.last?.headers).toMatchObject({
    "mcp-session-id": opened.session.sessionId,
    "mcp-protocol-version": "2025-11-25",
    "x-key": "k",
  });
  expect(initialized.methods).toEqual({ initialize: 1, "notifications/initialized": 1 });
  await closeUpstreamSession(peer, opened.session, OPTIONS);
  expect((await upstreamStats("/session/unit")).methods).toMatchObject({ DELETE: 1 });
});

interface EventStreamStats {
  open: number;
  posted: { fault: string; authorization: string | null }[];
}

async function eventStreamStats(): Promise<EventStreamStats> {
  return (await fetch(`${inject("eventStreamUrl")}/stats?from=probe`)).json();
}

async function openStreams(): Promise<number> {
  return (await eventStreamStats()).open;
}
