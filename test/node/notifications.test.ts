import { Client as ClientV2, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import { startAnnouncingUpstream } from "../fixtures/announcing-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

let gateway: LocalGateway;
let upstream: { url: string; close(): unknown };

beforeAll(async () => {
  [gateway, upstream] = await Promise.all([
    startLocalGateway({ BUDGETS: '{"keepAliveMs":300}' }),
    startAnnouncingUpstream(),
  ]);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

interface Listener {
  received: string[];
  close(): Promise<void>;
}

interface Workspace {
  gatewayUrl: string;
  token: string;
}

const INFO = { name: "listener", version: "1.0.0" };
const authorize = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

async function connectV1({ gatewayUrl, token }: Workspace, uri: string): Promise<Listener> {
  const client = new ClientV1(INFO);
  const received: string[] = [];
  client.setNotificationHandler(
    ToolListChangedNotificationSchema,
    () => void received.push("tools"),
  );
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void received.push(params.uri),
  );
  const transport = new TransportV1(new URL(gatewayUrl), { requestInit: authorize(token) });
  await client.connect(transport);
  await client.subscribeResource({ uri });
  return { received, close: () => client.close() };
}

async function connectV2(
  { gatewayUrl, token }: Workspace,
  uri: string,
  mode: "legacy" | { pin: string },
): Promise<Listener> {
  const client = new ClientV2(INFO, { versionNegotiation: { mode } });
  const received: string[] = [];
  client.setNotificationHandler(
    "notifications/tools/list_changed",
    () => void received.push("tools"),
  );
  client.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void received.push(params.uri),
  );
  const requestInit = authorize(token);
  await client.connect(new StreamableHTTPClientTransport(new URL(gatewayUrl), { requestInit }));
  if (mode === "legacy") await client.subscribeResource({ uri });
  else await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] });
  return { received, close: () => client.close() };
}

const listeners: [string, string, (workspace: Workspace, uri: string) => Promise<Listener>][] = [
  ["v1", "a v1 client", connectV1],
  ["v2-legacy", "a v2 client in legacy mode", (at, uri) => connectV2(at, uri, "legacy")],
  [
    "v2",
    "a v2 client pinned to 2026-07-28",
    (at, uri) => connectV2(at, uri, { pin: "2026-07-28" }),
  ],
];

describe.concurrent.each(listeners)("%s", (name, _title, listen) => {
  test.each(["modern", "legacy"])(
    "a client is notified of new servers and of the list changes of a %s server until it disconnects",
    async (kind) => {
      const slug = `${name}-${kind}`;
      const url = `${upstream.url}/${kind}/${slug}`;
      const at = await createOpenWorkspace(gateway.api, slug, [{ slug: "up", url }]);
      const uri = `test://${slug}/a`;
      const client = await listen(at, uri);
      // A v1 client opens its stream beside its other requests.
      await vi.waitFor(
        async () => expect(await control(slug)).toMatchObject({ streams: 1 }),
        10_000,
      );
      await vi.waitFor(async () => expect(await readSubscriptions(slug)).toContain(uri), 10_000);
      await control(slug, { update: uri });
      await vi.waitFor(() => expect(client.received).toEqual([uri]), 10_000);
      await control(slug, { tools: ["one", "two"], announce: ["tools"] });
      await vi.waitFor(() => expect(client.received).toEqual([uri, "tools"]), 10_000);
      const other = { slug: "other", url: `${upstream.url}/mute/${slug}-other` };
      await manage(gateway.api, "POST", `/workspaces/${slug}/servers`, other);
      await vi.waitFor(() => expect(client.received).toEqual([uri, "tools", "tools"]), 10_000);
      await client.close();
      await vi.waitFor(async () => expect((await control(slug)).streams).toBe(0), 20_000);
    },
  );
});

interface Control {
  streams: number;
  uris: unknown;
  listens: unknown;
}

/** Returns the subscriptions at the server, in the form of its era. */
async function readSubscriptions(name: string): Promise<string> {
  const { uris, listens } = await control(name);
  return JSON.stringify([uris, listens]);
}

async function control(name: string, command?: object): Promise<Control> {
  const response = await fetch(`${upstream.url}/control/${name}`, {
    method: command ? "POST" : "GET",
    ...(command ? { body: JSON.stringify(command) } : {}),
  });
  // A cast: the fixture returns these members and others.
  return (await response.json()) as Control;
}
