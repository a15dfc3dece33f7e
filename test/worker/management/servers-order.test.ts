import { expect, test } from "vitest";
import { makeJoinedUser } from "../support/browser.ts";
import { makeWorkspace, rpc, type Client } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";
import { openStream } from "../support/notification-streams.ts";

const SERVERS = { a: "/ok", b: "/ok", c: "/ok" };

const put = (slug: string, slugs: string[]) =>
  manage("PUT", `/workspaces/${slug}/servers-order`, { slugs });

/** The servers as clients see them, by their tools' names. */
async function seenBy(client: Client): Promise<string[]> {
  const { message } = await rpc(client, "tools/list");
  const names = message.result.tools.map(({ name }: { name: string }) => name.split("__")[0]);
  return [...new Set<string>(names)];
}

async function placesIn(slug: string): Promise<string> {
  const { items } = (await manage("GET", `/workspaces/${slug}/servers`)).body;
  return items
    .map((server: { slug: string; position: number }) => server.slug + server.position)
    .join(" ");
}

async function eventsOf(slug: string) {
  const { items } = (await manage("GET", `/workspaces/${slug}/audit-events`)).body;
  return items.filter(({ action }: { action: string }) => action === "server.reordered");
}

test("a new order is in force for a connected client at once, and is one event", async () => {
  const client = await makeWorkspace("ordered", SERVERS);
  const stream = await openStream(client);
  expect(await seenBy(client)).toEqual(["a", "b", "c"]);
  const { status, body } = await put("ordered", ["c", "a", "b"]);
  expect(status).toBe(200);
  expect(body.items.map(({ slug }: { slug: string }) => slug)).toEqual(["c", "a", "b"]);
  expect(await seenBy(client)).toEqual(["c", "a", "b"]);
  expect(await stream.waitForMethods(1)).toEqual(["tools/list_changed"]);
  expect((await manage("GET", "/workspaces/ordered/servers")).body.items).toEqual(body.items);
  expect(await placesIn("ordered")).toBe("c0 a1 b2");
  expect(await eventsOf("ordered")).toMatchObject([
    { actor: "operator", object: "workspace:ordered", detail: { slugs: ["c", "a", "b"] } },
  ]);
  await stream.close();
});

test("setting the current order changes nothing", async () => {
  await makeWorkspace("same-order", SERVERS);
  const { status, body } = await put("same-order", ["a", "b", "c"]);
  expect([status, body.items.length]).toEqual([200, 3]);
  expect(await eventsOf("same-order")).toEqual([]);
});

test("an order that does not name every server exactly once is refused and moves nothing", async () => {
  await makeWorkspace("misordered", SERVERS);
  const outOfStep = /^409 conflict: .*read the servers again and name each exactly once/;
  for (const [slugs, refusal] of [
    [["c", "b"], outOfStep],
    [[], outOfStep],
    [["c", "b", "a", "x"], outOfStep],
    [["c", "b", "x"], outOfStep],
    [["c", "b", "b"], /^400 invalid: .*name each exactly once/],
    [["c", "b", "a", "a"], /^400 invalid: .*name each exactly once/],
    [["c", "b", "No Slug"], /^400 invalid: slugs\.2: /],
  ] as const) {
    expect(refusalOf(await put("misordered", [...slugs]))).toMatch(refusal);
  }
  expect(await placesIn("misordered")).toBe("a0 b1 c2");
  expect(await eventsOf("misordered")).toEqual([]);
});

test("a member cannot order servers, an admin can", async () => {
  const slug = "who-orders";
  await makeWorkspace(slug, SERVERS);
  const member = await makeJoinedUser(slug, "member");
  const admin = await makeJoinedUser(slug, "admin");
  const path = `/workspaces/${slug}/servers-order`;
  const slugs = ["b", "c", "a"];
  expect(refusalOf(await member.browser.send("PUT", path, { slugs }))).toMatch(/^403 forbidden: /);
  expect(await placesIn(slug)).toBe("a0 b1 c2");
  expect((await admin.browser.send("PUT", path, { slugs })).status).toBe(200);
  expect(await placesIn(slug)).toBe("b0 c1 a2");
});
