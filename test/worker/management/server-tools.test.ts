import { expect, inject, test } from "vitest";
import { change, makeWorkspace, rpc } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";

test("a server's catalogue warns about resources that clients get from a server before it", async () => {
  const client = await makeWorkspace("clash", {});
  for (const [slug, prefix] of [
    ["first", null],
    ["second", "two"],
  ] as const) {
    const url = `${inject("announcingUrl")}/${slug === "first" ? "modern" : "legacy"}/clash`;
    await change("clash", { type: "server.create", input: { slug, url, prefix } });
  }
  const first = await manage("GET", "/workspaces/clash/servers/first/tool-catalogue");
  expect(first.status).toBe(200);
  expect(first.body.warnings).toEqual([]);
  const second = await manage("GET", "/workspaces/clash/servers/second/tool-catalogue");
  expect(second.body.resources.map(({ key }: { key: string }) => key)).toEqual([
    "test://clash/a",
    "test://clash/b",
  ]);
  expect(second.body.warnings).toEqual(
    ["a", "b"].map(
      (name) =>
        `The resource "test://clash/${name}" is also provided by the server "first" before this one: clients that can use both get it from "first"`,
    ),
  );
  const { message } = await rpc(client, "resources/list");
  expect(message.result.resources).toHaveLength(2);
  await change("clash", { type: "server.update", slug: "second", patch: { position: 0 } });
  const moved = await manage("GET", "/workspaces/clash/servers/second/tool-catalogue");
  expect(moved.body.warnings).toEqual([]);
});
