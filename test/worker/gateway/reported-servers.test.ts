import { describe, expect, inject, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { later } from "../support/clock.ts";
import {
  callTool,
  change,
  makeWorkspace,
  modernRpc,
  rpc,
  waitForRows,
  type Client,
} from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

/** A workspace with servers on the deviating upstream; `url`: of a server, for its counters. */
async function makeDeviatingWorkspace(slug: string, ...behaviours: string[]): Promise<Client> {
  const client = await makeWorkspace(slug, {});
  for (const behaviour of behaviours) {
    const url = `${inject("deviatingUrl")}/${behaviour}/${slug}`;
    const credentials = { authorization: "Bearer canary-credential" };
    await change(slug, { type: "server.create", input: { slug: behaviour, url, credentials } });
  }
  return client;
}

/** The methods that a server of the workspace has received. */
async function listReceived(slug: string, behaviour: string): Promise<string[]> {
  const stats: Record<string, string[]> = await (
    await fetch(`${inject("deviatingUrl")}/stats`)
  ).json();
  return stats[`/${behaviour}/${slug}`] ?? [];
}

const count = (methods: string[], method: string) =>
  methods.filter((received) => received === method).length;
const listTools = async (client: Client) =>
  (await rpc(client, "tools/list")).message.result.tools.map(({ name }: { name: string }) => name);
const checkOf = async ({ slug }: Client, behaviour: string) =>
  (await manage("POST", `/workspaces/${slug}/servers/${behaviour}/check`)).body.error;

describe("the detection of servers that answer the probe in their own way", () => {
  test.concurrent.each([
    "fails-without-session",
    "forbids-without-session",
    "unauthorized-without-session",
    "breaks-off-without-session",
    "silent-on-discover",
    "strict-members",
    "strict-kinds",
    "strict-empty",
    "strict-null",
    "strict-reset",
    "older-version",
    "own-version",
    "integer-ids",
  ])("a server that deviates by %s is listed and called", async (behaviour) => {
    const client = await makeDeviatingWorkspace(`detect-${behaviour}`, behaviour);
    expect(await listTools(client)).toEqual(["order", "not-found"]);
    expect((await callTool(client, "order")).message.result.content).toEqual([
      { type: "text", text: "done" },
    ]);
    expect(await checkOf(client, behaviour)).toBeNull();
  });

  test("a server that asks for a bearer token is not tried in other eras, only asked what sign-in it wants", async () => {
    const client = await makeDeviatingWorkspace("detect-token", "asks-for-token");
    expect(await listTools(client)).toEqual([]);
    const received = await listReceived("detect-token", "asks-for-token");
    expect(received).toEqual(["server/discover", "ping"]);
    expect((await checkOf(client, "asks-for-token")).code).toBe("upstream_unauthorized");
    expect(count(await listReceived("detect-token", "asks-for-token"), "ping")).toBe(1);
  });

  test("what a strict server accepts is remembered for the sessions of its callers", async () => {
    const client = await makeDeviatingWorkspace("remembers", "strict-members");
    await listTools(client);
    const before = count(await listReceived("remembers", "strict-members"), "initialize");
    await checkOf(client, "strict-members");
    const after = count(await listReceived("remembers", "strict-members"), "initialize");
    expect(before).toBe(2);
    expect(after).toBe(3);
  });

  test("a server with one session at a time serves the catalogue and every caller", async () => {
    const client = await makeDeviatingWorkspace("single", "one-session");
    const { token } = await change("single", { type: "token.create", input: { label: "2" } });
    expect(await listTools(client)).toEqual(["order", "not-found"]);
    for (const caller of [client, { slug: "single", token }])
      expect((await callTool(caller, "order")).message.result.content[0].text).toBe("done");
    expect(await checkOf(client, "one-session")).toBeNull();
    expect(count(await listReceived("single", "one-session"), "DELETE")).toBe(0);
    const { body } = await manage("GET", "/workspaces/single/servers/one-session/tool-catalogue");
    expect(body).toMatchObject({
      warnings: [expect.stringContaining("one session at a time")],
    });
  });

  test("a server with one session at a time stays usable when it is probed again after a day", async () => {
    const client = await makeDeviatingWorkspace("single-again", "one-session");
    await listTools(client);
    expect(await later(25 * 60 * MINUTE_MS, () => checkOf(client, "one-session"))).toBeNull();
    expect((await callTool(client, "order")).message.result.content[0].text).toBe("done");
    const received = await listReceived("single-again", "one-session");
    expect(count(received, "server/discover")).toBe(2);
  });

  test("the server's own words reach the admin, without its credential and control characters", async () => {
    const client = await makeWorkspace("words", {});
    const url = `${inject("deviatingUrl")}/says-why/words?key=canary-in-query`;
    const credentials = { authorization: "Bearer canary-credential" };
    await change("words", { type: "server.create", input: { slug: "says-why", url, credentials } });
    expect((await checkOf(client, "says-why"))?.message).toBe(
      'The server responded with JSON-RPC error -32000: "License key [redacted] of /says-why/words?key=[redacted] has expired"',
    );
    const refused = await makeDeviatingWorkspace("words-host", "refuses-host");
    await listTools(refused);
    const error = await checkOf(refused, "refuses-host");
    expect(error).toMatchObject({ code: "upstream_http_error", status: 403 });
    expect(error?.message).toMatch(/host name of its URL.*"Invalid Host header: 127\.0\.0\.1"/);
  });
});

describe("a call on a session", () => {
  test("a session ends with the credential that it was opened with", async () => {
    const client = await makeDeviatingWorkspace("rotated", "answers-page");
    const sessionOf = async () => (await callTool(client, "order")).message.result.content[0].text;
    const before = await sessionOf();
    expect(await sessionOf()).toBe(before);
    const credentials = { authorization: "Bearer another-credential" };
    await change("rotated", {
      type: "server.update",
      slug: "answers-page",
      patch: { credentials },
    });
    expect(await sessionOf()).not.toBe(before);
  });

  test("an error with the call's id is the answer, whatever its status and words", async () => {
    const client = await makeDeviatingWorkspace("once", "refuses-after-work");
    for (const [i, name] of ["order", "not-found"].entries())
      expect((await callTool(client, name)).message.error).toEqual({
        code: -32602,
        message: `Order ${i + 1} placed: session expired`,
      });
    expect(count(await listReceived("once", "refuses-after-work"), "tools/call")).toBe(2);
    const rows = await waitForRows("once", 2);
    expect(rows.map(({ resendReason }) => resendReason)).toEqual([null, null]);
  });

  test.concurrent.each([
    "answers-as-lost",
    "answers-404-page",
    "answers-404-large",
    "answers-404-stream",
    "answers-401",
    "answers-imperfectly",
  ])("a call whose server %s, on a session that lives, is sent once", async (answer) => {
    const client = await makeDeviatingWorkspace(answer, answer);
    const { message } = await callTool(client, "order");
    expect(message.error ?? message.result.isError).toBeTruthy();
    expect(count(await listReceived(answer, answer), "tools/call")).toBe(1);
    expect((await waitForRows(answer, 1))[0]).toMatchObject({
      status: "error",
      resendReason: null,
    });
  });

  test.concurrent.each([
    "lost-403",
    "lost-404",
    "lost-400",
    "lost-by-name",
    "lost-by-name-404",
    "lost-in-stream",
  ])(
    "a session that is lost by the sign %s is renewed, and the audit row says so",
    async (sign) => {
      const client = await makeDeviatingWorkspace(sign, sign);
      expect((await callTool(client, "order")).message.result.content[0].text).toBe("done");
      expect(count(await listReceived(sign, sign), "tools/call")).toBe(2);
      expect((await waitForRows(sign, 1))[0]).toMatchObject({
        status: "ok",
        resendReason: "session_lost",
      });
    },
  );

  test.each(["", "-404", "-500", "-in-stream"])(
    "a failure that mentions the session in words of its own%s is not sent again, and the next call has a new session",
    async (kind) => {
      const behaviour = `lost-in-own-words${kind}`;
      const client = await makeDeviatingWorkspace(behaviour, behaviour);
      const { message } = await callTool(client, "order");
      expect(message.error ?? message.result.isError).toBeTruthy();
      const received = () => listReceived(behaviour, behaviour);
      expect(count(await received(), "tools/call")).toBe(1);
      expect((await callTool(client, "order")).message.result.content[0].text).toBe("done");
      expect(count(await received(), "initialize")).toBe(3);
    },
  );

  test("a refusal without a sign is not sent again, and the next call has a new session", async () => {
    const client = await makeDeviatingWorkspace("wordless", "lost-without-words");
    expect((await callTool(client, "order")).message.result).toMatchObject({ isError: true });
    expect((await callTool(client, "order")).message.result.content[0].text).toBe("done");
    expect(count(await listReceived("wordless", "lost-without-words"), "tools/call")).toBe(2);
  });

  test("a server that returns an id as a string is understood", async () => {
    const client = await makeDeviatingWorkspace("ids", "string-ids");
    const { message } = await callTool(client, "order");
    expect(message).toMatchObject({ id: expect.any(Number), result: { content: [] } });
  });

  test("a client's string id reaches the server as an integer, and comes back as it was", async () => {
    const client = await makeDeviatingWorkspace("client-ids", "integer-ids");
    const { post, readMessage } = await import("../support/gateway-client.ts");
    const params = { name: "order" };
    const response = await post(client, {
      jsonrpc: "2.0",
      id: "a-1",
      method: "tools/call",
      params,
    });
    expect(await readMessage(response)).toMatchObject({ id: "a-1", result: { content: [{}] } });
  });
});

describe("the catalogue of servers that write it in their own way", () => {
  test("a list without a response takes no other list with it", async () => {
    const client = await makeDeviatingWorkspace("silence", "silent-list");
    await checkOf(client, "silent-list");
    expect(await listTools(client)).toEqual(["order", "not-found"]);
  });

  test("the tools of a server that declares no capability are listed and called", async () => {
    const client = await makeDeviatingWorkspace("undeclared", "no-capabilities");
    expect(await listTools(client)).toEqual(["order", "not-found"]);
    expect((await callTool(client, "order")).message.result.content[0].text).toBe("done");
  });

  test("a legacy server's invalid x-mcp-header annotations reach no client, and a warning names the tool", async () => {
    const client = await makeDeviatingWorkspace("annotated", "odd-param-headers");
    const { message } = await modernRpc(client, "tools/list");
    const properties = message.result.tools.map(({ inputSchema }: Json) => inputSchema.properties);
    const plain = { type: "string" };
    expect(properties).toEqual([
      { p0: plain },
      { p0: plain },
      { p0: plain, p1: plain },
      { p0: { ...plain, "x-mcp-header": "Valid" } },
    ]);
    const { body } = await manage(
      "GET",
      "/workspaces/annotated/servers/odd-param-headers/tool-catalogue",
    );
    expect(JSON.stringify(body)).toContain("invalid x-mcp-header");
  });

  test("a list that is null is empty, and takes no other list with it", async () => {
    const client = await makeDeviatingWorkspace("nulls", "null-lists");
    expect((await rpc(client, "prompts/list")).message.result.prompts).toEqual([
      { name: "review" },
    ]);
    expect(await listTools(client)).toEqual([]);
  });

  test("numbers in schemas keep the server's digits in both eras", async () => {
    const client = await makeDeviatingWorkspace("digits", "digits");
    const { response } = await modernRpc(client, "tools/list");
    expect(response.status).toBe(200);
    const { post } = await import("../support/gateway-client.ts");
    const text = await (await post(client, { jsonrpc: "2.0", id: 1, method: "tools/list" })).text();
    expect(text).toContain('{"type":"integer","minimum":-9223372036854775808,"default":1.0}');
  });

  test("a resource of a tool's user interface and one with several segments are read from their server", async () => {
    const client = await makeDeviatingWorkspace("owners", "other", "resources");
    await listTools(client);
    for (const uri of ["ui://chart/page.html", "law://one", "law://uksc/2024/12"])
      expect((await rpc(client, "resources/read", { uri })).message.result.contents).toEqual([
        { uri, text: "from resources" },
      ]);
  });

  test("instructions name the tools as the client sees them", async () => {
    const client = await makeWorkspace("guided", {});
    const url = `${inject("deviatingUrl")}/guided`;
    const input = { slug: "g", url, prefix: "web" };
    await change("guided", { type: "server.create", input });
    await listTools(client);
    const { message } = await rpc(client, "initialize", { capabilities: {} });
    expect(message.result.instructions).toBe(
      "Call web_get_page before `web_open`. To open a page, never use get_pages. See http://x.test/get_page?get_page=1.",
    );
  });
});

describe("structured output", () => {
  test.each(["outputs", "outputs-modern"])(
    "legacy clients of %s get a result that fits the listed schema, wrapped where that is",
    async (behaviour) => {
      const client = await makeDeviatingWorkspace(behaviour, behaviour);
      const { tools } = (await rpc(client, "tools/list")).message.result;
      for (const { name, outputSchema } of tools) {
        expect(outputSchema.type).toBe("object");
        const { structuredContent } = (await callTool(client, name)).message.result;
        const natural = { find: { id: 7 }, names: ["a"], any: { id: 1 } }[name as string];
        const isWrapped = outputSchema.properties?.result !== undefined;
        expect(structuredContent).toEqual(isWrapped ? { result: natural } : natural);
      }
      const wrapped = tools.flatMap(
        (tool: { name: string; outputSchema: { properties?: object } }) =>
          tool.outputSchema.properties ? [tool.name] : [],
      );
      expect(wrapped).toContain("names");
    },
  );

  test.each(["outputs", "outputs-modern"])(
    "modern clients of %s get schema and result as the server sends them",
    async (behaviour) => {
      const client = await makeDeviatingWorkspace(`modern-${behaviour}`, behaviour);
      const { tools } = (await modernRpc(client, "tools/list")).message.result;
      expect(tools[1].outputSchema).toEqual({ type: "array", items: { type: "string" } });
      const { result } = (await modernRpc(client, "tools/call", { name: "names" })).message;
      expect(result.structuredContent).toEqual(["a"]);
    },
  );
});
