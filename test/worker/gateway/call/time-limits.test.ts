import { describe, expect, inject, test } from "vitest";
import {
  callTool,
  change,
  makeWorkspace,
  modernRpc,
  upstreamStats,
  waitForRows,
  findFailureReason,
} from "../../support/gateway-client.ts";
import { manage, refusalOf } from "../../support/management-client.ts";
import {
  callAsModern,
  initializeClient,
  makeRequestingWorkspace,
  openCall,
  parseToolResult,
} from "../../support/server-requests.ts";

/** Ten times 200 ms: longer than the idle budget of the tests, 1.5 s. */
const BEATS = "200/9";

/** Raises the total budget, 2.5 s in the tests, so that only the idle budget can end a call. */
const raiseTotal = (slug: string) =>
  change(slug, { type: "server.update", slug: "up", patch: { longestCallSeconds: 60 } });

describe.concurrent("bytes that are no message", () => {
  test.each(["events", "chunked", "declared"])(
    "a call whose server sends bytes while it works (%s) outlives the idle budget",
    async (framing) => {
      const slug = `beats-${framing}`;
      const client = await makeWorkspace(slug, { up: `/call/beating/${framing}/${BEATS}` });
      await raiseTotal(slug);
      for (const { message } of [
        await callTool(client, "echo"),
        await modernRpc(client, "tools/call", { name: "echo" }),
      ])
        expect(message.result.content[0].text).toBe("beaten");
    },
  );

  test.each(["events", "chunked", "declared"])(
    "bytes without an end (%s) end the call with the total budget",
    async (framing) => {
      const slug = `beats-on-${framing}`;
      const client = await makeWorkspace(slug, { up: `/call/beating/${framing}/200/999` });
      const { message } = await callTool(client, "echo");
      expect(findFailureReason(message)).toBe("upstream_timeout");
    },
  );

  test.each(["legacy", "sse"])(
    "comments of a %s server keep a direct and a suspendable call alive",
    async (kind) => {
      const slug = `beats-${kind}`;
      const made = await makeRequestingWorkspace(kind, slug);
      await raiseTotal(slug);
      const args = { everyMs: 200, times: 9 };
      const streams = [
        await openCall(await initializeClient(made), "beating", args),
        await callAsModern(made, { name: "beating", arguments: args }),
      ];
      for (const stream of streams) {
        expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
        expect(parseToolResult(stream.messages.at(-1))).toBe("beaten");
      }
    },
  );
});

describe("a server's own time limits", () => {
  const LATE = "/call/late/5500";

  test("a raised limit holds from the next call on, and null restores the general one", async () => {
    const slug = "raised";
    const client = await makeWorkspace(slug, { up: LATE });
    const path = `/workspaces/${slug}/servers/up`;
    const reasons: unknown[] = [];
    const callWith = async (patch: object) => {
      const { status, body } = await manage("PATCH", path, patch);
      expect([status, body.server]).toMatchObject([200, patch]);
      const { message } = await callTool(client, "echo");
      reasons.push(findFailureReason(message) ?? message.result.content[0].text);
    };
    await callWith({ longestCallSeconds: 30 });
    await callWith({ longestSilenceSeconds: 30 });
    await callWith({ longestCallSeconds: null });
    // The silence of this server is as long as its call.
    expect(reasons).toEqual(["upstream_timeout", "late", "upstream_timeout"]);
    expect((await waitForRows(slug, 3)).map(({ errorCode }) => errorCode)).toEqual([
      "upstream_timeout",
      null,
      "upstream_timeout",
    ]);
  });

  test("a server is created with limits, which its views and the audit log show", async () => {
    const slug = "with-limits";
    const made = await makeWorkspace(slug, {});
    const limits = { longestCallSeconds: 3_600, longestSilenceSeconds: 60 };
    const url = `${inject("hostileUrl")}${LATE}`;
    const created = await manage("POST", `/workspaces/${slug}/servers`, {
      slug: "up",
      url,
      changePolicy: "allow",
      ...limits,
    });
    expect([created.status, created.body.server]).toMatchObject([201, limits]);
    await change(slug, { type: "server.create", input: { slug: "plain", url } });
    await manage("PATCH", `/workspaces/${slug}/servers/up`, { longestCallSeconds: 600 });
    const { body } = await manage("GET", `/workspaces/${slug}/servers`);
    expect(body.items).toMatchObject([
      { slug: "up", longestCallSeconds: 600, longestSilenceSeconds: 60 },
      { slug: "plain", longestCallSeconds: null, longestSilenceSeconds: null },
    ]);
    const events = await manage("GET", `/workspaces/${slug}/audit-events`);
    const details = events.body.items
      .filter(({ object }: { object: string }) => object === "server:up")
      .map(({ action, detail }: { action: string; detail: object }) => [action, detail]);
    expect(details).toEqual([
      ["server.updated", { longestCallSeconds: 600, before: { longestCallSeconds: 3600 } }],
      ["server.created", expect.objectContaining(limits)],
    ]);
    const exported = await manage("GET", `/workspaces/${slug}/audit-events/export?format=ndjson`);
    expect(exported.text).toContain('"longestSilenceSeconds":60');
    // The time limit of a bridge follows the server's.
    await callTool(made, "up__echo");
    const { last } = await upstreamStats(LATE);
    expect(last?.headers["mcpnest-call-timeout-ms"]).toBe("600000");
  });

  test.each([0, 3_601, 1.5, "60"])("a limit of %s seconds is refused", async (seconds) => {
    const slug = `refused-${String(seconds).replace(".", "-")}`;
    await makeWorkspace(slug, { up: "/ok" });
    for (const field of ["longestCallSeconds", "longestSilenceSeconds"]) {
      const refused = await manage("PATCH", `/workspaces/${slug}/servers/up`, { [field]: seconds });
      expect(refusalOf(refused)).toMatch(new RegExp(`^400 \\w+: ${field}`));
    }
  });
});
