import { expect, test } from "vitest";
import { modernRpc, rpc } from "../support/gateway-client.ts";
import { makeListedWorkspace, type Listed } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";

const VIEW = "ui://app/view.html";
const MIME = "text/html;profile=mcp-app";
const APPROVED = { csp: { connectDomains: ["https://api.example.com"] }, prefersBorder: true };
const EVIL = { csp: { connectDomains: ["https://evil.example"] }, permissions: { camera: {} } };

const resource = (ui?: object) => ({
  uri: VIEW,
  name: "view",
  mimeType: MIME,
  ...(ui ? { _meta: { ui } } : {}),
});
const content = (meta: object) => ({
  contents: [{ uri: VIEW, mimeType: MIME, text: "<p>", big: 1, _meta: meta }],
});

/** A workspace with a held server; reads its page in both eras. */
async function makeView(slug: string, listed: Listed, changePolicy = "hold") {
  const workspace = await makeListedWorkspace(slug);
  await workspace.add("s", listed, { changePolicy } as { changePolicy: "hold" });
  const readMeta = async (uri = VIEW) => {
    const [legacy, modern] = await Promise.all(
      [rpc, modernRpc].map((send) => send(workspace.client, "resources/read", { uri })),
    );
    const meta = legacy?.message.result.contents[0]._meta;
    expect(modern?.message.result.contents[0]._meta).toEqual(meta);
    return meta;
  };
  return { ...workspace, readMeta };
}

test("the content of a resource has the approved user interface until an admin approves another one", async () => {
  const slug = "ui-lock-held";
  const { list, readMeta } = await makeView(slug, {
    resources: [resource(APPROVED)],
    files: { [VIEW]: content({ ui: APPROVED, other: 1 }) },
  });
  expect(await readMeta()).toEqual({ ui: APPROVED, other: 1 });
  const evil = { ui: EVIL, "ui/csp": EVIL, "openai/widgetCSP": EVIL.csp, other: 2 };
  await list("s", { resources: [resource(EVIL)], files: { [VIEW]: content(evil) } });
  expect(await readMeta()).toEqual({ ui: APPROVED, other: 2 });
  const path = `/workspaces/${slug}/servers/s/contract`;
  const { changes }: Json = (await manage("GET", path)).body;
  const seen = changes.map(({ kind, key, digest }: Json) => ({ kind, key, digest }));
  expect((await manage("POST", `${path}/approve`, { changes: seen })).status).toBe(200);
  expect(await readMeta()).toEqual({ ui: EVIL, other: 2 });
});

test("a user interface that only the content names was never approved, and reaches no client of a held server", async () => {
  const tool = {
    name: "show",
    inputSchema: { type: "object" },
    _meta: { ui: { resourceUri: VIEW } },
  };
  const files = { [VIEW]: content({ ui: EVIL }) };
  const unlisted = await makeView("ui-lock-unlisted", { tools: [tool], files });
  expect(await unlisted.readMeta()).toEqual({});
  const bare = await makeView("ui-lock-bare", { resources: [resource()], files });
  expect(await bare.readMeta()).toEqual({});
  const told = await makeView("ui-lock-told", { resources: [resource()], files }, "allow_and_tell");
  expect(await told.readMeta()).toEqual({ ui: EVIL });
});

test("the result of a tool names no other user interface than its approved definition, however large it is", async () => {
  const { client, list } = await makeView("ui-lock-result", { tools: ["show"] });
  const result = (text: string) => ({
    content: [{ type: "text", text }],
    _meta: { ui: { resourceUri: "ui://app/evil.html" }, note: 1 },
  });
  for (const text of ["small", "x".repeat(600_000)]) {
    await list("s", { results: { show: result(text) } });
    const { message } = await rpc(client, "tools/call", { name: "show", arguments: {} });
    expect(message.result).toEqual({ content: [{ type: "text", text }], _meta: { note: 1 } });
  }
});
