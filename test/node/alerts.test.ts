import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import {
  startHookReceiver,
  startMailReceiver,
  type HookReceiver,
  type MailReceiver,
} from "../fixtures/alert-receivers.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";

const MINUTE_MS = 60_000;
const TIMEOUT_MS = 120_000;
const KINDS = [
  "contract_held",
  "access_requested",
  "server_requested",
  "server_failing",
  "credential_failing",
  "refusal_burst",
  "unknown_client",
  "audit_trouble",
];
const PLANTED = ["planted-argument", "planted-result", "planted-credential", "planted-reason"];
const ENTRY = "com.example.alerts/everything";

const Id = z.object({ id: z.string() });
const Issued = z.object({ token: z.string() });
const Channel = Id.extend({ secret: z.string().nullable() });
const Items = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
const AlertList = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      text: z.string(),
      deliveries: z.array(z.object({ to: z.string().nullable(), state: z.string() })),
    }),
  ),
});
const Rpc = z.object({ id: z.unknown().optional(), method: z.string() });

/** An MCP server whose tools and status a test sets. */
function startServer() {
  const state = { description: "Echoes.", status: 200 };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      if (state.status !== 200) return void response.writeHead(state.status).end();
      const { id, method } = Rpc.parse(JSON.parse(body || '{"method":""}'));
      const results: Record<string, object> = {
        initialize: {
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "alerting", version: "1" },
        },
        "tools/list": {
          tools: [
            { name: "echo", description: state.description, inputSchema: { type: "object" } },
          ],
        },
        "tools/call": { content: [{ type: "text", text: "planted-result" }] },
      };
      if (id === undefined) return void response.writeHead(202).end();
      const result = results[method];
      const error = { code: -32601, message: "Method not found" };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) }));
    });
  });
  return new Promise<{ url: string; state: typeof state; close: () => void }>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      // A cast: a TCP server has an address with a port.
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}/mcp`, state, close: () => server.close() });
    });
  });
}

describe("alerts", { timeout: TIMEOUT_MS }, () => {
  let gateway: LocalGateway;
  let hooks: HookReceiver;
  let mail: MailReceiver;
  let upstream: Awaited<ReturnType<typeof startServer>>;
  let owner: DashboardUser;
  let now = Date.now();

  const api = (method: Parameters<typeof manage>[1], path: string, body?: object) =>
    manage(gateway.api, method, `/workspaces/alerted${path}`, body);
  const deliver = async (at: number) => gateway.runCrons(new Date(at));
  const addChannel = async (kind: string, path: string, kinds = KINDS) =>
    Channel.parse(
      await api("POST", "/alert-channels", { kind, name: path, url: hooks.url + path, kinds }),
    );
  const bodiesOf = (path: string) =>
    hooks.received.filter((one) => one.path === path).map(({ body }) => body);
  const kindsOf = (path: string) =>
    bodiesOf(path).map((body) => z.object({ kind: z.string() }).parse(JSON.parse(body)).kind);
  const call = (token: string, client: string) =>
    fetch(`${gateway.api.apiUrl}/gw/alerted`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${token}`,
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "echo",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "echo",
          arguments: { text: "planted-argument" },
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { name: client, version: "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      }),
    }).then((response) => response.text());
  const ask = (rule: string) =>
    owner.send("POST", "/workspaces/alerted/me/access-requests", {
      rule,
      reason: "planted-reason",
    });
  const check = () => api("POST", "/servers/alerting/check", {});

  beforeAll(async () => {
    [hooks, mail, upstream] = await Promise.all([
      startHookReceiver(),
      startMailReceiver("robot", "mail-server-password"),
      startServer(),
    ]);
    gateway = await startLocalGateway({
      ALERT_SMTP: mail.url,
      ALERT_MAIL_FROM: "alerts@nest.example",
    });
    await manage(gateway.api, "POST", "/workspaces", { slug: "alerted", name: "Alerted" });
    owner = await DashboardUser.join(gateway.api, "alerted");
    const { items } = Items.parse(await api("GET", "/members"));
    const ada = z.string().parse(items[0]?.["id"]);
    await api("PATCH", `/members/${ada}`, { email: "ada@acme.example" });
    await api("POST", "/servers", {
      slug: "alerting",
      url: upstream.url,
      changePolicy: "hold",
      credentials: { "x-key": "planted-credential" },
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await gateway.stop();
    await Promise.all([hooks.close(), mail.close()]);
    upstream.close();
  });

  test("of each kind reach a signed webhook, Slack and the mail server, and hold no argument, result or secret", async () => {
    const webhook = await addChannel("webhook", "/hook");
    await addChannel("slack", "/slack");
    await addChannel("webhook", "/contracts", ["contract_held"]);
    const chosen = await owner.send("PUT", "/workspaces/alerted/me/alert-choices", {
      kinds: KINDS,
    });
    expect(chosen.status).toBe(200);

    await api("PATCH", "", { enforcement: true });
    const { id: member } = Id.parse(await api("POST", "/members", { name: "Robo" }));
    const body = { label: "ci", memberId: member };
    const { token } = Issued.parse(await api("POST", "/tokens", body));
    await api("PUT", `/members/${member}/rules`, { rules: ["alerting:echo"] });
    await call(token, "known-client");
    await expect
      .poll(async () => JSON.stringify(await api("GET", "/tool-calls")))
      .toContain("known-client");
    await call(token, "other-client");
    await api("PUT", `/members/${member}/rules`, { rules: [] });
    for (let n = 0; n < 22; n++) await call(token, "known-client");
    await ask("alerting:other");
    await manage(gateway.api, "POST", "/marketplace/imports", {
      source: "alerts-test",
      page: {
        servers: [
          {
            server: {
              name: ENTRY,
              description: "Everything.",
              version: "1.0.0",
              remotes: [{ type: "streamable-http", url: "https://example.com/mcp" }],
            },
          },
        ],
      },
    });
    await owner.send("POST", "/workspaces/alerted/server-requests", {
      entry: ENTRY,
      reason: "planted-reason",
    });
    upstream.state.description = "Echoes, and more.";
    await check();
    upstream.state.status = 503;
    for (let n = 0; n < 3; n++) await check();
    upstream.state.status = 200;
    await check();
    upstream.state.status = 401;
    for (let n = 0; n < 3; n++) await check();
    upstream.state.status = 200;

    // The audit log takes a second; what it finds are alerts, too.
    const listKinds = async () =>
      AlertList.parse(await api("GET", "/alerts"))
        .items.map(({ kind }) => kind)
        .toSorted();
    const raised = KINDS.filter((kind) => kind !== "audit_trouble").toSorted();
    await expect.poll(listKinds).toEqual(raised);
    now = Date.now();
    await deliver(now);
    expect(kindsOf("/hook").toSorted()).toEqual(raised);
    expect(kindsOf("/contracts")).toEqual(["contract_held"]);
    expect(bodiesOf("/slack")).toHaveLength(raised.length);
    expect(mail.mails).toHaveLength(raised.length);
    expect(mail.mails[0]).toMatchObject({ from: "alerts@nest.example", to: ["ada@acme.example"] });

    for (const { headers, body: sent } of hooks.received.filter(({ path }) => path === "/hook")) {
      const id = String(headers["webhook-id"]);
      const timestamp = String(headers["webhook-timestamp"]);
      const key = Buffer.from(String(webhook.secret).replace("whsec_", ""), "base64");
      const expected = createHmac("sha256", key)
        .update(`${id}.${timestamp}.${sent}`)
        .digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
      expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(60);
    }
    const texts = mail.mails.map(({ text }) => decodeMail(text));
    expect(texts.join("\n")).toContain("Ada asks for access to alerting:other.");
    const all = [...hooks.received.map((one) => one.body), ...texts].join("\n");
    for (const planted of [...PLANTED, token, String(webhook.secret), "mail-server-password"])
      expect(all).not.toContain(planted);
    expect(all).toContain("other-client");
    expect(all).toContain("/w/alerted/requests");
    await deliver(now + MINUTE_MS);
    expect(bodiesOf("/hook")).toHaveLength(raised.length);
  });

  test("wait for a channel that is down without delaying others, and all arrive in order once it is up again", async () => {
    await addChannel("webhook", "/down", ["access_requested"]);
    hooks.down.add("/down");
    const before = bodiesOf("/hook").length;
    for (const n of [1, 2, 3]) {
      await ask(`alerting:tool${n}`);
      await deliver(now + (1 + n) * MINUTE_MS);
      expect(bodiesOf("/hook")).toHaveLength(before + n);
    }
    expect(bodiesOf("/down")).toEqual([]);
    const states = async () =>
      AlertList.parse(await api("GET", "/alerts")).items.flatMap(({ deliveries }) =>
        deliveries.filter(({ to }) => to === "/down").map(({ state }) => state),
      );
    expect(new Set(await states())).toEqual(new Set(["waiting"]));

    await gateway.pause();
    await gateway.resume();
    hooks.down.delete("/down");
    await deliver(now + 120 * MINUTE_MS);
    expect(new Set(await states())).toEqual(new Set(["sent"]));
    expect(bodiesOf("/down").map((body) => /alerting:tool\d/.exec(body)?.[0])).toEqual([
      "alerting:tool1",
      "alerting:tool2",
      "alerting:tool3",
    ]);
    await deliver(now + 300 * MINUTE_MS);
    expect(bodiesOf("/down")).toHaveLength(3);
  });

  test("go by e-mail only to people who chose the kind", async () => {
    const count = mail.mails.length;
    const choose = (kinds: string[]) =>
      owner.send("PUT", "/workspaces/alerted/me/alert-choices", { kinds });
    await choose(["server_failing"]);
    await ask("alerting:unmailed");
    await deliver(now + 400 * MINUTE_MS);
    expect(mail.mails).toHaveLength(count);
    await choose(["access_requested"]);
    await ask("alerting:mailed");
    await deliver(now + 401 * MINUTE_MS);
    expect(mail.mails).toHaveLength(count + 1);
  });
});

/** The subject is in the text, too. */
function decodeMail(mail: string): string {
  const body = mail.split("\r\n\r\n")[1] ?? mail.split("\n\n")[1] ?? "";
  return `${mail}\n${Buffer.from(body, "base64").toString("utf8")}`;
}
