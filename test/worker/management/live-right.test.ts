import { describe, expect, inject, test } from "vitest";
import { app } from "../../../workers/app.ts";
import { openDb } from "../../../workers/db/database.ts";
import { hosts, instances } from "../../../workers/db/hosting-schema.ts";
import { type Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { bindings, HOST, send } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";

const db = openDb(bindings.DB);

/** A workspace with a reader, who has an admin's browser session and API key, and a second owner. */
interface Stage {
  path: string;
  workspaceId: string;
  owner: Browser;
  reader: Browser;
  memberId: string;
  key: string;
  keyId: string;
}

async function makeStage(slug: string): Promise<Stage> {
  const owner = await makeOwner(slug);
  const { browser: reader, memberId } = await makeJoinedUser(slug, "admin");
  const path = `/workspaces/${slug}`;
  const made = await reader.send("POST", `${path}/api-keys`, { label: "k", role: "admin" });
  const { id } = (await manage("GET", path)).body;
  const { key, record } = made.body;
  return { path, workspaceId: id, owner, reader, memberId, key, keyId: record.id };
}

type Ending = [name: string, end: (stage: Stage) => Promise<unknown>];

const OF_MEMBER: Ending[] = [
  [
    "is suspended",
    ({ path, memberId }) => manage("PUT", `${path}/members/${memberId}/suspension`, {}),
  ],
  ["is demoted", ({ path, memberId }) => patchRole(path, memberId)],
  [
    "is removed",
    ({ path, memberId, owner }) => owner.send("DELETE", `${path}/members/${memberId}`),
  ],
  [
    "loses the workspace",
    ({ path, owner }) => owner.send("DELETE", `${path}?confirm=${path.split("/")[2]}`),
  ],
];
const OF_SESSION: Ending[] = [
  ...OF_MEMBER,
  ["signs out", ({ reader }) => reader.send("DELETE", "/me/session")],
  [
    "has its session ended from another browser",
    async ({ reader }) => {
      const { id } = (await reader.send("GET", "/me")).body.session;
      return reader.send("DELETE", `/me/sessions/${id}`);
    },
  ],
  ["reaches the absolute end of its session", ({ reader }) => setSession("expires_at", reader)],
  ["reaches the idle end of its session", ({ reader }) => setSession("last_seen_at", reader)],
];
const OF_KEY: Ending[] = [
  ...OF_MEMBER,
  [
    "revokes the key",
    ({ path, keyId, owner }) => owner.send("DELETE", `${path}/api-keys/${keyId}`),
  ],
  [
    "has a key that expires",
    ({ keyId }) =>
      bindings.DB.prepare("UPDATE api_keys SET expires_at = ? WHERE id = ?")
        .bind(Date.now(), keyId)
        .run(),
  ],
];

const patchRole = (path: string, memberId: string) =>
  manage("PATCH", `${path}/members/${memberId}`, { role: "member" });

/** Sets the end of a session to now; a session that was last used at 0 is over its idle time. */
async function setSession(column: "expires_at" | "last_seen_at", { userId }: Browser) {
  const value = column === "expires_at" ? Date.now() : 0;
  await bindings.DB.prepare(`UPDATE sessions SET ${column} = ? WHERE user_id = ?`)
    .bind(value, userId)
    .run();
}

const READERS: [string, (stage: Stage) => Record<string, string>, Ending[]][] = [
  ["a person", ({ reader }) => ({ cookie: reader.cookie }), OF_SESSION],
  ["an API key's owner", ({ key }) => ({ authorization: `Bearer ${key}` }), OF_KEY],
];
const CASES = READERS.flatMap(([reader, toHeaders, endings]) =>
  endings.map(([name, end]) => ({ reader, name, toHeaders, end })),
);
let stages = 0;

/** Makes a hosted server whose container host sends an event stream that does not end. */
async function makeInstance({ workspaceId }: Stage): Promise<string> {
  const id = `ins_${workspaceId}`;
  const common = { createdAt: 1, name: "Logged", prefix: null, runningAt: 1, restarts: 0 };
  await db.insert(hosts).values({
    id: `host-${workspaceId}`,
    url: inject("eventStreamUrl"),
    publicKey: "",
    isDraining: false,
    createdAt: 1,
  });
  await db.insert(instances).values({
    ...common,
    id,
    workspaceId,
    slug: "logged",
    catalogueId: "memory",
    profile: "small",
    hostId: `host-${workspaceId}`,
    state: "running",
    health: "healthy",
    variables: [],
  });
  return id;
}

/** Sends a request to a Worker that has a key for container hosts. */
async function openLog(url: string, headers: Record<string, string>): Promise<Response> {
  // An Ed25519 key is a pair.
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  const { x, d } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey;
  const env = { ...bindings, MCPNEST_GATEWAY_KEY: JSON.stringify({ kid: "test", x, d }) };
  return app.request(url, { headers: { ...headers, host: HOST } }, env);
}

describe.concurrent("the log stream of a hosted server", () => {
  test.each(CASES)("ends when $reader $name", async ({ toHeaders, end }) => {
    const stage = await makeStage(`logs-${++stages}`);
    const id = await makeInstance(stage);
    const url = `/api${stage.path}/instances/${id}/logs?follow=1`;
    const response = await openLog(url, toHeaders(stage));
    expect(response.status).toBe(200);
    await end(stage);
    const text = await response.text();
    expect(text).toMatch(/^event: endpoint\n/);
    expect(text).toMatch(/\n\nevent: end\ndata: \{"reason":"access_ended"\}\n\n$/);
  });

  test("goes on through a passkey check, and while another member is demoted", async () => {
    const stage = await makeStage("logs-kept");
    const other = await makeJoinedUser("logs-kept", "admin");
    const id = await makeInstance(stage);
    const url = `/api${stage.path}/instances/${id}/logs?follow=1`;
    const response = await openLog(url, { cookie: stage.reader.cookie });
    expect(response.status).toBe(200);
    await stage.reader.stepUp();
    await patchRole(stage.path, other.memberId);
    const ended = response.text().then(() => "ended");
    expect(await Promise.race([ended, scheduler.wait(2_500)])).toBeUndefined();
    await stage.reader.send("DELETE", "/me/session");
    expect(await ended).toBe("ended");
  });
});

// Exports end by the same check as logs: one case of each kind of reader.
const EXPORTS = CASES.filter(({ name }) => ["signs out", "revokes the key"].includes(name));

describe("an export", () => {
  test.each(EXPORTS)("breaks off when $reader $name", async ({ toHeaders, end }) => {
    const stage = await makeStage(`exports-${++stages}`);
    const { workspaceId, path } = stage;
    await bindings.DB.prepare(
      `INSERT INTO audit_events (id, workspace_id, actor, action, object, detail, occurred_at)
        SELECT 'evt_' || ?1 || '_' || value, ?1, 'test', 'test.made', 'x', json_object('text', ?2), value
        FROM json_each(?3)`,
    )
      .bind(
        workspaceId,
        "x".repeat(2_000),
        JSON.stringify(Array.from({ length: 8_000 }, (_, i) => i)),
      )
      .run();
    const url = `/api${path}/audit-events/export?format=ndjson`;
    const response = await send(url, { headers: toHeaders(stage) });
    const body = response.body?.getReader();
    expect((await body?.read())?.done).toBe(false);
    await end(stage);
    // Nothing is read meanwhile: the export waits with its rows, and ends nevertheless.
    await scheduler.wait(2_000);
    const readRest = async () => {
      while (!(await body?.read())?.done);
    };
    await expect(readRest()).rejects.toThrow("The right to export has ended");
  });
});

test("a stream is refused to a person whose right has ended", async () => {
  const stage = await makeStage("refused");
  const id = await makeInstance(stage);
  await patchRole(stage.path, stage.memberId);
  await stage.reader.signIn();
  const refused = await stage.reader.send("GET", `${stage.path}/instances/${id}/logs?follow=1`);
  expect(refusalOf(refused)).toMatch(/^403 forbidden: /);
});
