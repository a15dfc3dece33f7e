import { inject, describe, expect, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  findFailureReason,
  makeWorkspace,
  post,
  rpc,
  upstreamStats,
  waitForRows,
} from "../../support/gateway-client.ts";
import { readWorkspaceId } from "../../support/management-client.ts";
import { Stream } from "../../support/notification-streams.ts";

/** Time limits that no flood reaches: what ends the call is the flood. */
const PATIENT = { longestCallSeconds: 3_600, longestSilenceSeconds: 3_600 };

describe("a call whose server streams without end", () => {
  test.each([
    "comments",
    "retries",
    "blank",
    "ids",
    "logs",
    "data-lines",
    "pings",
    "changes",
    "large-events",
  ])(
    "a call that its server floods with %s fails, and the server is disconnected",
    async (kind) => {
      const slug = `flood-${kind}`;
      const path = `/call/flood-${kind}`;
      const client = await makeWorkspace(slug, { up: path });
      await change(slug, { type: "server.update", slug: "up", patch: PATIENT });
      const { message } = await callTool(client, "echo");
      expect(message).toMatchObject({
        result: {
          isError: true,
          content: [{ text: expect.stringMatching(/"up" sent more events .* Do not repeat it/) }],
          _meta: { "mcpnest/failure": { reason: "upstream_flood", server: "up" } },
        },
      });
      expect(await waitForRows(slug, 1)).toMatchObject([
        { status: "error", errorCode: "upstream_flood", serverSlug: "up" },
      ]);
      await expect.poll(async () => (await upstreamStats(path)).closed).toBe(1);
      // Those of the registration and of the change of the limits, and one for all announced changes.
      const { methods } = await upstreamStats(path);
      expect(methods["tools/list"]).toBeLessThanOrEqual(3);
      // The gateway's responses to requests of the server.
      expect(methods["POST"] ?? 0).toBeLessThanOrEqual(100);
    },
  );

  test("a flood on an HTTP+SSE connection ends the connection and its calls, and the next call opens another", async () => {
    const client = await makeWorkspace("flood-sse", {});
    const url = `${inject("eventStreamUrl")}/flood`;
    await change("flood-sse", { type: "server.create", input: { slug: "up", url } });
    await change("flood-sse", { type: "server.update", slug: "up", patch: PATIENT });
    for (let call = 0; call < 2; call++) {
      const { message } = await callTool(client, "echo");
      expect(findFailureReason(message)).toBe("upstream_flood");
    }
  });

  test("the tools of a server that floods its list are not fetched, and the server's health says why", async () => {
    const client = await makeWorkspace("flood-list", { up: "/list/flood-comments", ok: "/ok" });
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools).toHaveLength(2);
    const [health] = await bindings.WORKSPACES.getByName("flood-list").listServerHealth(
      await readWorkspaceId("flood-list"),
      null,
    );
    expect(health?.check?.error?.code).toBe("upstream_flood");
  });
});

describe("progress", () => {
  const callWithToken = async (slug: string, path: string, progressToken?: string) => {
    const client = await makeWorkspace(slug, { up: path });
    const _meta = progressToken === undefined ? {} : { progressToken };
    const params = { name: "echo", arguments: {}, _meta };
    const message = { jsonrpc: "2.0", id: 77, method: "tools/call", params };
    return new Stream(await post(client, message));
  };

  test.each([
    ["progress-invented", undefined],
    ["progress-invented", "asked"],
    ["progress-of-id", undefined],
  ])(
    "%s (the client's token: %s) neither reaches the client nor extends the call",
    async (fault, token) => {
      const slug = `${fault}-${token ?? "none"}`;
      const stream = await callWithToken(slug, `/call/${fault}`, token);
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      expect(stream.messages).toHaveLength(1);
      expect(findFailureReason(stream.messages[0])).toBe("upstream_timeout");
    },
  );

  test("progress that the client asked for extends the call beyond its total budget", async () => {
    const stream = await callWithToken("progress-asked", "/call/progress-requested", "asked");
    // The total budget of the tests is 4 s, which is 20 notifications.
    expect(await stream.waitUntil(({ messages }) => messages.length > 30, 20_000)).toBe(true);
    expect(stream.hasEnded).toBe(false);
    await stream.close();
  });
});
