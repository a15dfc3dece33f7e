import { expect, test } from "vitest";
import { openDb } from "../../../workers/db/database.ts";
import { hosts } from "../../../workers/db/hosting-schema.ts";
import { Browser, makeOwner } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const addHost = (id: string) =>
  openDb(bindings.DB)
    .insert(hosts)
    .values({
      id,
      url: "http://127.0.0.1:9",
      publicKey: "A".repeat(43),
      isDraining: false,
      report: null,
      checkedAt: null,
      problem: null,
      createdAt: 1,
    });

async function makeFounder(body: Json): Promise<Browser> {
  const { url } = (await manage("POST", "/setup-links", body)).body;
  const browser = await Browser.open();
  expect((await browser.followLink(url, "Hanna")).status).toBe(200);
  return browser;
}

test("an owner does not see the container hosts, unless the operator has given them to this user", async () => {
  const owner = await makeOwner("hosts-owner");
  expect(refusalOf(await owner.send("GET", "/hosts"))).toMatch(/^403 forbidden: .*the operator/);
  const given = await manage("PATCH", `/users/${owner.userId}`, { managesHosts: true });
  expect(given.body).toMatchObject({ id: owner.userId, managesHosts: true });
  expect((await owner.send("GET", "/hosts")).status).toBe(200);
  expect((await owner.send("GET", "/me")).body.user.managesHosts).toBe(true);
  await manage("PATCH", `/users/${owner.userId}`, { managesHosts: false });
  expect((await owner.send("GET", "/hosts")).status).toBe(403);
});

test("a setup link gives the container hosts only if it says so, and changes need a passkey check", async () => {
  const stranger = await makeFounder({});
  expect((await stranger.send("GET", "/hosts")).status).toBe(403);
  const manager = await makeFounder({ managesHosts: true });
  await addHost("managed-1");
  const { items } = (await manager.send("GET", "/hosts")).body;
  expect(items.find(({ id }: Json) => id === "managed-1")).toMatchObject({
    placedInstances: 0,
    isDraining: false,
  });
  const drain = () => manager.send("PATCH", "/hosts/managed-1", { isDraining: true });
  await bindings.DB.prepare("UPDATE sessions SET stepped_up_at = NULL WHERE user_id = ?")
    .bind(manager.userId)
    .run();
  expect(refusalOf(await drain())).toMatch(/^403 step_up_required/);
  await manager.stepUp();
  expect((await drain()).body).toMatchObject({ id: "managed-1", isDraining: true });
  expect((await manager.send("DELETE", "/hosts/managed-1")).status).toBe(204);
  const events = (await manage("GET", "/audit-events?limit=20")).body.items;
  expect(events.find(({ object }: Json) => object === "host:managed-1")).toMatchObject({
    action: "host.removed",
    actor: manager.userId,
  });
});
