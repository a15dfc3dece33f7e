import { describe, expect, test } from "vitest";
import type { AuditEvent } from "../../../workers/contract/records/audit.ts";
import { DEFAULT_OAUTH_SETTINGS } from "../../../workers/contract/records/oauth.ts";
import type {
  EntityChange,
  MemberRecord,
  ServerRecord,
  TokenRecord,
  WorkspaceRecord,
} from "../../../workers/contract/records/workspace.ts";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { openDb } from "../../../workers/db/database.ts";
import { listExpiredWorkspaces } from "../../../workers/db/expired-workspaces.ts";
import {
  listWorkspaces,
  loadWorkspaceConfig,
  saveChanges,
} from "../../../workers/db/workspaces.ts";
import { bindings } from "../support/gateway-client.ts";

const db = openDb(bindings.DB);
const hex = (text: string) => text.padStart(64, "0").slice(-64);

function makeWorkspace(slug: string): WorkspaceRecord {
  const limits = { perAddressPerMinute: 200, perTokenPerMinute: null };
  return {
    id: `ws_${slug}`,
    slug,
    name: slug,
    enforcement: true,
    defaultAccess: "closed",
    limits,
    retentionDays: 30,
    publicRegistry: true,
    stopped: { at: 2, by: "Ann" },
    blockedClients: [
      { id: "blk_1", name: "old", versionPrefix: "1.", blockedAt: 3, blockedBy: "Ann" },
    ],
    wrappedKey: "v1|k",
    oauth: DEFAULT_OAUTH_SETTINGS,
    createdAt: 1,
  };
}

function makeServer(id: string, position = 0): ServerRecord {
  return {
    id,
    slug: id.replace("_", "-"),
    name: "Server",
    url: "https://a.example/mcp",
    prefix: null,
    position,
    enabled: false,
    longestCallSeconds: 600,
    longestSilenceSeconds: null,
    headers: { "x-team": "blue" },
    credentials: [{ name: "authorization", sealed: "v1|a|b", lastFour: "abcd", setAt: 1 }],
    transport: "streamable-http",
    era: "modern",
    protocolVersion: "2026-07-28",
    stateful: true,
    legacy: { protocolVersion: "2025-11-25", stateful: true },
    probedAt: 5,
    hosted: null,
    perPerson: null,
    changePolicy: "hold",
    contractDigest: "c".repeat(64),
    origin: null,
    createdAt: 1,
    changedAt: 4,
  };
}

function makeMember(id: string, rules: string[] = []): MemberRecord {
  return {
    id,
    name: "Ann",
    email: "ann@example.com",
    role: "owner",
    userId: null,
    rules,
    terms: {},
    isRestricted: rules.length > 0,
    rulesVersion: 0,
    suspendedAt: 4,
    agent: { ownerId: "mem_2", endsAt: 6, trustRules: [] },
    createdAt: 1,
  };
}

function makeToken(id: string): TokenRecord {
  return {
    id,
    memberId: null,
    label: "ci",
    digest: hex(id.replaceAll(/\D/g, "")),
    lastFour: "abcd",
    sessionId: null,
    createdBy: "usr_1",
    createdAt: 1,
    expiresAt: 9,
    revokedAt: null,
    tools: null,
    suspendedAt: 5,
    client: null,
    trustRuleId: null,
    issuerId: null,
    accessTokens: [],
  };
}

function makeEvent(workspaceId: string, action = "test.done"): AuditEvent {
  return {
    id: `evt_${crypto.randomUUID()}`,
    workspaceId,
    actor: "operator",
    action,
    object: "x",
    detail: {},
    occurredAt: 77,
  };
}

async function save(slug: string, changes: EntityChange[], action?: string) {
  const created: EntityChange = { kind: "workspace", id: `ws_${slug}`, value: makeWorkspace(slug) };
  if (!(await loadWorkspaceConfig(db, slug)))
    await saveChanges(db, [created], makeEvent(`ws_${slug}`));
  await saveChanges(db, changes, makeEvent(`ws_${slug}`, action));
}

describe("the configuration in D1", () => {
  test("D1 returns a workspace and its changes as they were stored", async () => {
    const server = makeServer("srv_1");
    const other = makeServer("srv_2", 1);
    const member = makeMember("mem_1", ["srv_1:*", "srv_2:tool:with:colons"]);
    const token = makeToken("tok_1");
    await save("whole", [
      { kind: "server", id: server.id, value: server },
      { kind: "server", id: other.id, value: other },
      { kind: "member", id: member.id, value: member },
      { kind: "token", id: token.id, value: token },
    ]);
    expect(await loadWorkspaceConfig(db, "whole")).toEqual({
      workspace: makeWorkspace("whole"),
      servers: new Map([
        [server.id, server],
        [other.id, other],
      ]),
      teams: new Map(),
      members: new Map([[member.id, member]]),
      tokens: new Map([[token.id, token]]),
      instances: new Map(),
      connections: new Map(),
    });
    const changed = { ...member, name: "Anna" };
    await save("whole", [
      { kind: "member", id: member.id, value: changed },
      { kind: "server", id: server.id, value: null },
      { kind: "token", id: token.id, value: { ...token, revokedAt: 8 } },
    ]);
    const config = await loadWorkspaceConfig(db, "whole");
    // The rules of a removed server go with it.
    expect(config?.members.get(member.id)).toEqual({
      ...changed,
      terms: {},
      rules: ["srv_2:tool:with:colons"],
      rulesVersion: 1,
    });
    expect(config?.servers.size).toBe(1);
    expect(config?.tokens.get(token.id)?.revokedAt).toBe(8);
    await save("whole", [{ kind: "member", id: member.id, value: null }]);
    const { results } = await bindings.DB.prepare("SELECT * FROM rules WHERE member_id = ?")
      .bind(member.id)
      .all();
    expect(results).toEqual([]);
    expect(await loadWorkspaceConfig(db, "none")).toBeNull();
  });

  test("a configuration can exceed one D1 response and the number of parameters", async () => {
    const rules = Array.from(
      { length: 2_000 },
      (_, i) => `srv_many:tool-${String(i).padStart(4, "0")}`,
    );
    const changes: EntityChange[] = [
      { kind: "server", id: "srv_many", value: makeServer("srv_many") },
      ...Array.from({ length: 60 }, (_, i): EntityChange => ({
        kind: "member",
        id: `mem_many${i}`,
        value: makeMember(`mem_many${i}`, i === 7 ? rules : []),
      })),
      ...Array.from({ length: 510 }, (_, i): EntityChange => ({
        kind: "token",
        id: `tok_9${i}`,
        value: makeToken(`tok_9${i}`),
      })),
    ];
    await save("large", changes);
    const config = await loadWorkspaceConfig(db, "large");
    expect([config?.members.size, config?.tokens.size]).toEqual([60, 510]);
    expect(config?.members.get("mem_many7")?.rules).toEqual(rules);
  });

  test("changes and their event are stored together or not at all", async () => {
    await save("atomic", [{ kind: "token", id: "tok_2", value: makeToken("tok_2") }]);
    const twin = { ...makeToken("tok_3"), digest: makeToken("tok_2").digest };
    const changes: EntityChange[] = [
      {
        kind: "workspace",
        id: "ws_atomic",
        value: { ...makeWorkspace("atomic"), name: "changed" },
      },
      { kind: "token", id: twin.id, value: twin },
    ];
    await expect(saveChanges(db, changes, makeEvent("ws_atomic", "test.failed"))).rejects.toThrow(
      /UNIQUE/,
    );
    expect((await loadWorkspaceConfig(db, "atomic"))?.workspace.name).toBe("atomic");
    const events = await bindings.DB.prepare(
      "SELECT 1 FROM audit_events WHERE action = 'test.failed'",
    ).all();
    expect(events.results).toEqual([]);
  });

  test("a probe result is stored without an event and does not restore a removed server", async () => {
    const server = makeServer("srv_4");
    await save("probed", [{ kind: "server", id: server.id, value: server }]);
    const found: EntityChange[] = [
      { kind: "server", id: server.id, value: { ...server, era: "legacy" } },
    ];
    await saveChanges(db, found, null);
    expect((await loadWorkspaceConfig(db, "probed"))?.servers.get(server.id)?.era).toBe("legacy");
    await save("probed", [{ kind: "server", id: server.id, value: null }]);
    await expect(saveChanges(db, found, null)).rejects.toThrow(/NOT NULL/);
    expect((await loadWorkspaceConfig(db, "probed"))?.servers.size).toBe(0);
  });

  test("a deleted workspace leaves its name, retention and events; key, members, servers and tokens are deleted", async () => {
    await save("deleted", [
      { kind: "server", id: "srv_5", value: makeServer("srv_5") },
      { kind: "member", id: "mem_5", value: makeMember("mem_5", ["srv_5:*"]) },
      { kind: "token", id: "tok_5", value: makeToken("tok_5") },
    ]);
    await save("deleted", [], "workspace.deleted");
    expect(await loadWorkspaceConfig(db, "deleted")).toBeNull();
    const slugs = (await listWorkspaces(db)).map(({ slug }) => slug);
    expect(slugs).not.toContain("deleted");
    const before = Date.now() + 10 * DAY_MS;
    const expired = await listExpiredWorkspaces(db, before + 30 * DAY_MS, 100_000);
    expect(expired).toContainEqual({ id: "ws_deleted", before });
    const left = await bindings.DB.prepare(
      `SELECT (SELECT count(*) FROM servers WHERE workspace_id = ?1) + (SELECT count(*) FROM members WHERE workspace_id = ?1)
            + (SELECT count(*) FROM tokens WHERE workspace_id = ?1) + (SELECT count(*) FROM rules WHERE member_id = 'mem_5') AS entities,
              (SELECT count(*) FROM audit_events WHERE workspace_id = ?1) AS events,
              (SELECT wrapped_key || deleted_at FROM workspaces WHERE id = ?1) AS key`,
    )
      .bind("ws_deleted")
      .first();
    expect(left).toEqual({ entities: 0, events: 3, key: "77" });
  });
});
