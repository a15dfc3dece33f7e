import { describe, expect, test } from "vitest";
import { decideChange, newId } from "../../durable-objects/changes.ts";
import type { ChangeContext } from "../../durable-objects/decision.ts";
import { openHeader, openWorkspaceKey, parseKeyRing } from "../../durable-objects/secrets.ts";
import { applyChange } from "../../durable-objects/storage.ts";
import type { Command, CommandResults } from "../../workers/contract/commands.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/workspace.ts";

const NOW = 1_800_000_000_000;
const RING = parseKeyRing(JSON.stringify([{ kid: "k1", key: btoa("1".repeat(32)) }]));
const CONTEXT: ChangeContext = {
  now: NOW,
  actor: "operator",
  newId,
  ring: RING,
  checkUrl: (url) => (url.includes("10.0.0.1") ? "points to a private address." : null),
};

/** A workspace that commands are applied to, one after the other, as its object would. */
async function makeWorkspace() {
  let config: WorkspaceConfig | null = null;
  const decide = (command: Command) => decideChange(config, command, CONTEXT);
  async function apply<T extends Command["type"]>(command: Extract<Command, { type: T }>) {
    const decision = await decide(command);
    if (decision.kind === "refused") throw new Error(decision.refusal.message);
    const next: Parameters<typeof applyChange>[0] = config ?? {
      servers: new Map(),
      members: new Map(),
      tokens: new Map(),
    };
    for (const change of decision.changes) applyChange(next, change);
    config = next as WorkspaceConfig;
    return { result: decision.result as CommandResults[T], event: decision.event, changes: decision.changes };
  }
  async function refusal(command: Command): Promise<string> {
    const decision = await decide(command);
    return decision.kind === "refused" ? `${decision.refusal.code}: ${decision.refusal.message}` : "applied";
  }
  const created = await apply({ type: "workspace.create", input: { slug: "acme", name: "Acme" } });
  const at = (): WorkspaceConfig => {
    if (!config) throw new Error("there is no workspace");
    return config;
  };
  return { apply, refusal, at, created };
}

const URL_A = "https://a.example/mcp";

function positions(config: WorkspaceConfig): string {
  return [...config.servers.values()]
    .toSorted((a, b) => a.position - b.position)
    .map(({ slug, position }) => `${slug}${position}`)
    .join(" ");
}

describe("a workspace", () => {
  test("starts enforcing, open, with 200 requests a minute and a key of its own", async () => {
    const { created } = await makeWorkspace();
    const { workspace } = created.result;
    expect(workspace).toMatchObject({
      enforcement: true,
      defaultAccess: "open",
      limits: { perAddressPerMinute: 200, perTokenPerMinute: null },
      retentionDays: 90,
    });
    await expect(openWorkspaceKey(RING, workspace.wrappedKey)).resolves.toBeDefined();
    expect(JSON.stringify(created.event)).not.toContain(workspace.wrappedKey);
  });

  test("is not created twice, and takes no other command before it is there", async () => {
    const { refusal } = await makeWorkspace();
    const input = { slug: "acme", name: "Again" };
    expect(await refusal({ type: "workspace.create", input })).toMatch(/^conflict: /);
    const decision = await decideChange(null, { type: "workspace.delete" }, CONTEXT);
    expect(decision).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
  });

  test("keeps what a patch does not name, and says in the event what changed", async () => {
    const { apply } = await makeWorkspace();
    const limits = { perTokenPerMinute: 10 };
    const { result, event } = await apply({ type: "workspace.update", patch: { limits } });
    expect(result.workspace).toMatchObject({
      name: "Acme",
      limits: { perAddressPerMinute: 200, perTokenPerMinute: 10 },
    });
    expect(event).toMatchObject({
      actor: "operator",
      action: "workspace.updated",
      object: "workspace:acme",
      detail: { limits: { perAddressPerMinute: 200, perTokenPerMinute: 10 } },
      occurredAt: NOW,
    });
    expect(Object.keys(event.detail)).toEqual(["limits"]);
    const cleared = await apply({ type: "workspace.update", patch: { limits: { perTokenPerMinute: null } } });
    expect(cleared.result.workspace.limits.perTokenPerMinute).toBeNull();
  });
});

describe("servers", () => {
  test("are numbered from 0 without gaps, wherever one is put, moved or removed", async () => {
    const { apply, at } = await makeWorkspace();
    for (const slug of ["a", "b", "c"]) await apply({ type: "server.create", input: { slug, url: URL_A } });
    expect(positions(at())).toBe("a0 b1 c2");
    await apply({ type: "server.create", input: { slug: "d", url: URL_A, position: 1 } });
    expect(positions(at())).toBe("a0 d1 b2 c3");
    await apply({ type: "server.update", slug: "a", patch: { position: 2 } });
    expect(positions(at())).toBe("d0 b1 a2 c3");
    await apply({ type: "server.update", slug: "d", patch: { position: 99 } });
    expect(positions(at())).toBe("b0 a1 c2 d3");
    await apply({ type: "server.update", slug: "d", patch: { name: "D" } });
    expect(positions(at())).toBe("b0 a1 c2 d3");
    await apply({ type: "server.delete", slug: "a" });
    expect(positions(at())).toBe("b0 c1 d2");
  });

  test("of the same slug or of none are refused", async () => {
    const { apply, refusal } = await makeWorkspace();
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    expect(await refusal({ type: "server.create", input: { slug: "a", url: URL_A } })).toMatch(/^conflict: /);
    expect(await refusal({ type: "server.update", slug: "x", patch: {} })).toMatch(/^not_found: /);
    expect(await refusal({ type: "server.delete", slug: "x" })).toMatch(/^not_found: /);
  });

  test.each([
    [{ url: "http://10.0.0.1/mcp" }, /^invalid: url: points to a private address/],
    [{ url: "https://user:pw@a.example/" }, /^invalid: url: holds a user name or password; put them into credentials/],
    [{ url: "https://a.example/#x" }, /^invalid: url: has a fragment/],
    [{ headers: { Authorization: "x" } }, /^invalid: headers\.Authorization: .*credentials/],
    [{ headers: { "X-Api-Key": "x" } }, /^invalid: headers\.X-Api-Key: .*credentials/],
    [{ headers: { "x-goog-api-key": "x" } }, /credentials/],
    [{ headers: { "private-token": "x" } }, /credentials/],
    [{ headers: { Host: "x" } }, /^invalid: headers\.Host: the gateway sets this/],
    [{ credentials: { "mcp-session-id": "x" } }, /^invalid: credentials\.mcp-session-id: the gateway sets this/],
    [{ headers: { "Mcp-Param-Region": "x" } }, /the gateway sets this/],
    [{ headers: { "x-a": "1", "X-A": "2" } }, /^invalid: headers\.X-A: given twice/],
    [{ headers: { "x-a": "1" }, credentials: { "X-A": "2" } }, /^invalid: headers\.x-a: is in credentials too/],
    [{ credentials: { "x-a": "   " } }, /^invalid: credentials\.x-a: give a value/],
  ])("with %j are refused with advice", async (fields, message) => {
    const { apply, refusal } = await makeWorkspace();
    const input = { slug: "a", url: URL_A, ...fields };
    const refused = await refusal({ type: "server.create", input } as Command);
    expect(refused).toMatch(message);
    expect(refused).not.toContain("pw");
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    expect(await refusal({ type: "server.update", slug: "a", patch: fields } as Command)).toMatch(message);
  });

  test("may send plain headers, cookies among them", async () => {
    const { apply } = await makeWorkspace();
    const headers = { "X-Team": "blue", cookie: "a=b", "x-tenant": "1" };
    const { result } = await apply({ type: "server.create", input: { slug: "a", url: URL_A, headers } });
    expect(result.server.headers).toEqual({ "x-team": "blue", cookie: "a=b", "x-tenant": "1" });
  });

  test("delete leaves rules that name the server, so that nobody becomes unrestricted", async () => {
    const { apply, at } = await makeWorkspace();
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    await apply({ type: "member.rules", id: result.member.id, rules: ["a:*"] });
    await apply({ type: "server.delete", slug: "a" });
    expect(at().members.get(result.member.id)?.rules).toEqual(["a:*"]);
  });
});

describe("credentials", () => {
  const SECRET = "Bearer upstream-secret-value";

  async function makeServer() {
    const workspace = await makeWorkspace();
    const credentials = { Authorization: SECRET, "x-pin": "1234" };
    const created = await workspace.apply({ type: "server.create", input: { slug: "a", url: URL_A, credentials } });
    const probed: ServerRecord = {
      ...created.result.server,
      transport: "sse",
      era: "legacy",
      protocolVersion: "2025-06-18",
      stateful: true,
      probedAt: NOW,
    };
    workspace.at().servers.set(probed.id, probed);
    return { ...workspace, created };
  }

  async function open(config: WorkspaceConfig, server: ServerRecord, header: string) {
    const key = await openWorkspaceKey(RING, config.workspace.wrappedKey);
    const sealed = server.credentials.find(({ name }) => name === header)?.sealed ?? "";
    const { origin } = new URL(server.url);
    return openHeader(key, { workspaceId: config.workspace.id, serverId: server.id, origin, header }, sealed);
  }

  test("are sealed for the server's origin; of a short one not even the end is shown", async () => {
    const { at, created } = await makeServer();
    const { server } = created.result;
    expect(server.credentials.map(({ name, lastFour, setAt }) => [name, lastFour, setAt])).toEqual([
      ["authorization", "alue", NOW],
      ["x-pin", "", NOW],
    ]);
    expect(await open(at(), server, "authorization")).toBe(SECRET);
    expect(JSON.stringify(created)).not.toContain(SECRET);
    expect(created.event.detail).toMatchObject({ credentials: ["authorization", "x-pin"] });
  });

  test("stay, change and go one by one", async () => {
    const { apply, at } = await makeServer();
    const patch = { credentials: { authorization: null, "x-new": "new-secret" } };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(result.server.credentials.map(({ name }) => name)).toEqual(["x-pin", "x-new"]);
    expect(await open(at(), result.server, "x-new")).toBe("new-secret");
    expect(event.detail).toEqual({ credentialsSet: ["x-new"], credentialsRemoved: ["authorization"] });
  });

  test("are dropped when the URL moves to another origin, unless given anew", async () => {
    const { apply, at } = await makeServer();
    const patch = { url: "https://evil.example/mcp", credentials: { "x-pin": "5678-5678-5678" } };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(result.server.credentials.map(({ name }) => name)).toEqual(["x-pin"]);
    expect(await open(at(), result.server, "x-pin")).toBe("5678-5678-5678");
    expect(result.server).toMatchObject({ transport: null, era: null, protocolVersion: null, stateful: false, probedAt: null });
    expect(event.detail).toEqual({
      url: "https://evil.example/mcp",
      credentialsSet: ["x-pin"],
      credentialsRemoved: ["authorization"],
    });
  });

  test("stay when only the path changes, and the server is probed anew", async () => {
    const { apply, at } = await makeServer();
    const patch = { url: "https://a.example/other?key=url-secret" };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(await open(at(), result.server, "authorization")).toBe(SECRET);
    expect(result.server.probedAt).toBeNull();
    expect(event.detail).toEqual({ url: "https://a.example/other?…" });
  });

  test("and a change that leaves the URL alone keep what the probe found", async () => {
    const { apply } = await makeServer();
    const { result } = await apply({ type: "server.update", slug: "a", patch: { name: "A", url: URL_A } });
    expect(result.server).toMatchObject({ name: "A", transport: "sse", era: "legacy", probedAt: NOW });
  });

  test("cannot be set as long as the workspace's key does not open", async () => {
    const { at } = await makeServer();
    const ring = parseKeyRing(JSON.stringify([{ kid: "k9", key: btoa("9".repeat(32)) }]));
    const command: Command = { type: "server.update", slug: "a", patch: { credentials: { "x-b": "v" } } };
    expect(await decideChange(at(), command, { ...CONTEXT, ring })).toMatchObject({
      kind: "refused",
      refusal: { code: "unavailable" },
    });
  });
});

describe("members", () => {
  test("lose their tokens when they are removed", async () => {
    const { apply, at } = await makeWorkspace();
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    const token = await apply({ type: "token.create", input: { label: "laptop", memberId: result.member.id } });
    const other = await apply({ type: "token.create", input: { label: "admin" } });
    const { event } = await apply({ type: "member.delete", id: result.member.id });
    expect(at().members.size).toBe(0);
    expect(at().tokens.get(token.result.record.id)?.revokedAt).toBe(NOW);
    expect(at().tokens.get(other.result.record.id)?.revokedAt).toBeNull();
    expect(event.detail).toEqual({ name: "Ann", revokedTokens: [token.result.record.id] });
  });

  test("include an owner once there is one: the last can be neither removed nor demoted", async () => {
    const { apply, refusal } = await makeWorkspace();
    const { result } = await apply({ type: "member.create", input: { name: "Ann", role: "owner" } });
    const { id } = result.member;
    expect(await refusal({ type: "member.delete", id })).toMatch(/^conflict: .*last owner/);
    expect(await refusal({ type: "member.update", id, patch: { role: "admin" } })).toMatch(/^conflict: /);
    expect(await refusal({ type: "member.update", id, patch: { name: "Anna" } })).toBe("applied");
    await apply({ type: "member.create", input: { name: "Bob", role: "owner" } });
    expect(await refusal({ type: "member.update", id, patch: { role: "admin" } })).toBe("applied");
    expect(await refusal({ type: "member.delete", id })).toBe("applied");
  });

  test("have each rule once, and the event tells what came and went", async () => {
    const { apply, refusal } = await makeWorkspace();
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    const { id } = result.member;
    await apply({ type: "member.rules", id, rules: ["b:x", "a:*", "b:x"] });
    const { result: after, event } = await apply({ type: "member.rules", id, rules: ["a:*", "c:y"] });
    expect(after.member.rules).toEqual(["a:*", "c:y"]);
    expect(event.detail).toEqual({ added: ["c:y"], removed: ["b:x"] });
    expect(await refusal({ type: "member.rules", id: "mem_x", rules: [] })).toMatch(/^not_found: /);
  });
});

describe("tokens", () => {
  test("have 192 random bits, are shown once and kept as a digest", async () => {
    const { apply } = await makeWorkspace();
    const { result, event, changes } = await apply({ type: "token.create", input: { label: "ci" } });
    expect(result.token).toMatch(/^mng_[0-9a-f]{48}$/);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(result.token));
    expect(result.record.digest).toBe(new Uint8Array(digest).toHex());
    expect(result.record.lastFour).toBe(result.token.slice(-4));
    expect(JSON.stringify([event, changes])).not.toContain(result.token);
    expect(JSON.stringify(event)).not.toContain(result.record.digest);
  });

  test("keep all but their value when they are rotated", async () => {
    const { apply, at } = await makeWorkspace();
    const first = await apply({ type: "token.create", input: { label: "ci", expiresAt: NOW + 1000 } });
    const { id } = first.result.record;
    const second = await apply({ type: "token.rotate", id });
    expect(second.result.token).not.toBe(first.result.token);
    const { digest, lastFour, ...rest } = second.result.record;
    expect(first.result.record).toMatchObject(rest);
    expect([...at().tokens.values()].map((token) => token.digest)).toEqual([digest]);
    expect(lastFour).toBe(second.result.token.slice(-4));
  });

  test("that are dead cannot be rotated; revoking twice keeps the first instant", async () => {
    const { apply, at, refusal } = await makeWorkspace();
    const { result } = await apply({ type: "token.create", input: { label: "ci" } });
    const { id } = result.record;
    at().tokens.set(id, { ...result.record, expiresAt: NOW });
    expect(await refusal({ type: "token.rotate", id })).toMatch(/^conflict: The token has expired/);
    at().tokens.set(id, { ...result.record, revokedAt: NOW - 5 });
    expect(await refusal({ type: "token.rotate", id })).toMatch(/^conflict: The token is revoked/);
    expect((await apply({ type: "token.revoke", id })).result.record.revokedAt).toBe(NOW - 5);
  });

  test("of unknown members, and such as have expired already, are refused", async () => {
    const { refusal } = await makeWorkspace();
    const forNobody = { label: "x", memberId: "mem_x" };
    expect(await refusal({ type: "token.create", input: forNobody })).toMatch(/^not_found: /);
    expect(await refusal({ type: "token.create", input: { label: "x", expiresAt: NOW } })).toMatch(/^invalid: expiresAt/);
    expect(await refusal({ type: "token.rotate", id: "tok_x" })).toMatch(/^not_found: /);
    expect(await refusal({ type: "token.revoke", id: "tok_x" })).toMatch(/^not_found: /);
  });
});
