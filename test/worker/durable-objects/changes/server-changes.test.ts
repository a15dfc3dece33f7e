import { describe, expect, test } from "vitest";
import { decideChange } from "../../../../durable-objects/changes/decide-change.ts";
import { openHeader } from "../../../../durable-objects/credentials/encryption.ts";
import type {
  ServerRecord,
  WorkspaceConfig,
} from "../../../../workers/contract/records/workspace.ts";
import type { Command } from "../../../../workers/contract/rpc/commands.ts";
import { parseKeyRing } from "../../../../workers/crypto/key-ring.ts";
import { openWorkspaceKey } from "../../../../workers/crypto/workspace-key.ts";
import { CONTEXT, makeCommandTarget, NOW, RING } from "../../support/command-target.ts";

const URL_A = "https://a.example/mcp";

function positions(config: WorkspaceConfig): string {
  return [...config.servers.values()]
    .toSorted((a, b) => a.position - b.position)
    .map(({ slug, position }) => `${slug}${position}`)
    .join(" ");
}

describe("servers", () => {
  test("servers have positions from 0 without gaps after every insertion, move and removal", async () => {
    const { apply, config } = await makeCommandTarget();
    for (const slug of ["a", "b", "c"])
      await apply({ type: "server.create", input: { slug, url: URL_A } });
    expect(positions(config())).toBe("a0 b1 c2");
    await apply({ type: "server.create", input: { slug: "d", url: URL_A, position: 1 } });
    expect(positions(config())).toBe("a0 d1 b2 c3");
    await apply({ type: "server.update", slug: "a", patch: { position: 2 } });
    expect(positions(config())).toBe("d0 b1 a2 c3");
    await apply({ type: "server.update", slug: "d", patch: { position: 99 } });
    expect(positions(config())).toBe("b0 a1 c2 d3");
    await apply({ type: "server.update", slug: "d", patch: { name: "D" } });
    expect(positions(config())).toBe("b0 a1 c2 d3");
    await apply({ type: "server.delete", slug: "a" });
    expect(positions(config())).toBe("b0 c1 d2");
  });

  test("a server with a used slug, or an unknown server, is refused", async () => {
    const { apply, findRefusal } = await makeCommandTarget();
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    expect(await findRefusal({ type: "server.create", input: { slug: "a", url: URL_A } })).toMatch(
      /^conflict: /,
    );
    expect(await findRefusal({ type: "server.update", slug: "x", patch: {} })).toMatch(
      /^not_found: /,
    );
    expect(await findRefusal({ type: "server.delete", slug: "x" })).toMatch(/^not_found: /);
  });

  test.each([
    [{ url: "http://10.0.0.1/mcp" }, /^invalid: url: points to a private address/],
    [
      { url: "https://user:pw@a.example/" },
      /^invalid: url: holds a user name or password; put them into credentials/,
    ],
    [{ url: "https://a.example/#x" }, /^invalid: url: has a fragment/],
    [{ headers: { Authorization: "x" } }, /^invalid: headers\.Authorization: .*credentials/],
    [{ headers: { "X-Api-Key": "x" } }, /^invalid: headers\.X-Api-Key: .*credentials/],
    [{ headers: { "x-goog-api-key": "x" } }, /credentials/],
    [{ headers: { "private-token": "x" } }, /credentials/],
    [{ headers: { Host: "x" } }, /^invalid: headers\.Host: the gateway sets this/],
    [
      { credentials: { "mcp-session-id": "x" } },
      /^invalid: credentials\.mcp-session-id: the gateway sets this/,
    ],
    [{ headers: { "Mcp-Param-Region": "x" } }, /the gateway sets this/],
    [{ headers: { "x-a": "1", "X-A": "2" } }, /^invalid: headers\.X-A: given twice/],
    [
      { headers: { "x-a": "1" }, credentials: { "X-A": "2" } },
      /^invalid: headers\.x-a: is in credentials too/,
    ],
    [{ credentials: { "x-a": "   " } }, /^invalid: credentials\.x-a: give a value/],
  ])("a server with %j is refused with advice", async (fields, message) => {
    const { apply, findRefusal } = await makeCommandTarget();
    const input = { slug: "a", url: URL_A, ...fields };
    const refused = await findRefusal({ type: "server.create", input });
    expect(refused).toMatch(message);
    expect(refused).not.toContain("pw");
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    expect(await findRefusal({ type: "server.update", slug: "a", patch: fields })).toMatch(message);
  });

  test("a server can have plain headers", async () => {
    const { apply } = await makeCommandTarget();
    const headers = { "X-Team": "blue", "x-tenant": "1" };
    const { result } = await apply({
      type: "server.create",
      input: { slug: "a", url: URL_A, headers },
    });
    expect(result.server.headers).toEqual({ "x-team": "blue", "x-tenant": "1" });
  });

  test("deleting a server removes its rules, and a member without any other stays restricted", async () => {
    const { apply, config } = await makeCommandTarget();
    await apply({ type: "server.create", input: { slug: "a", url: URL_A } });
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    await apply({ type: "member.rules", id: result.member.id, rules: ["a:*"] });
    const { event } = await apply({ type: "server.delete", slug: "a" });
    expect(event.detail).toMatchObject({ rules: 1 });
    const member = config().members.get(result.member.id);
    expect(member).toMatchObject({ rules: [], isRestricted: true });
  });
});

describe("credentials", () => {
  const SECRET = "Bearer upstream-secret-value";

  async function makeServer() {
    const workspace = await makeCommandTarget();
    const credentials = { Authorization: SECRET, "x-pin": "1234" };
    const created = await workspace.apply({
      type: "server.create",
      input: { slug: "a", url: URL_A, credentials },
    });
    const probed: ServerRecord = {
      ...created.result.server,
      transport: "sse",
      era: "legacy",
      protocolVersion: "2025-06-18",
      stateful: true,
      probedAt: NOW,
    };
    workspace.config().servers.set(probed.id, probed);
    return { ...workspace, created };
  }

  async function open(config: WorkspaceConfig, server: ServerRecord, header: string) {
    const key = await openWorkspaceKey(RING, config.workspace.wrappedKey);
    const sealed = server.credentials.find(({ name }) => name === header)?.sealed ?? "";
    const { origin } = new URL(server.url);
    return openHeader(
      key,
      { workspaceId: config.workspace.id, serverId: server.id, origin, header },
      sealed,
    );
  }

  test("a credential is sealed for the server's origin, and the end of a short one is not shown", async () => {
    const { config, created } = await makeServer();
    const { server } = created.result;
    expect(server.credentials.map(({ name, lastFour, setAt }) => [name, lastFour, setAt])).toEqual([
      ["authorization", "alue", NOW],
      ["x-pin", "", NOW],
    ]);
    expect(await open(config(), server, "authorization")).toBe(SECRET);
    expect(JSON.stringify(created)).not.toContain(SECRET);
    expect(created.event.detail).toMatchObject({ credentials: ["authorization", "x-pin"] });
  });

  test("credentials can be kept, changed and removed one by one", async () => {
    const { apply, config } = await makeServer();
    const patch = { credentials: { authorization: null, "x-new": "new-secret" } };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(result.server.credentials.map(({ name }) => name)).toEqual(["x-pin", "x-new"]);
    expect(await open(config(), result.server, "x-new")).toBe("new-secret");
    expect(event.detail).toEqual({
      credentialsSet: ["x-new"],
      credentialsRemoved: ["authorization"],
    });
  });

  test("credentials are deleted when the URL moves to another origin, unless they are given again", async () => {
    const { apply, config } = await makeServer();
    const patch = { url: "https://evil.example/mcp", credentials: { "x-pin": "5678-5678-5678" } };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(result.server.credentials.map(({ name }) => name)).toEqual(["x-pin"]);
    expect(await open(config(), result.server, "x-pin")).toBe("5678-5678-5678");
    expect(result.server).toMatchObject({
      transport: null,
      era: null,
      protocolVersion: null,
      stateful: false,
      probedAt: null,
    });
    expect(event.detail).toEqual({
      url: "https://evil.example/mcp",
      before: { url: "https://a.example/mcp" },
      credentialsSet: ["x-pin"],
      credentialsRemoved: ["authorization"],
    });
  });

  test("credentials stay when only the path changes, and the server is probed again", async () => {
    const { apply, config } = await makeServer();
    const patch = { url: "https://a.example/other?key=url-secret" };
    const { result, event } = await apply({ type: "server.update", slug: "a", patch });
    expect(await open(config(), result.server, "authorization")).toBe(SECRET);
    expect(result.server.probedAt).toBeNull();
    expect(event.detail).toMatchObject({ url: "https://a.example/other?…" });
  });

  test("a change without a new URL keeps the probe result", async () => {
    const { apply } = await makeServer();
    const { result } = await apply({
      type: "server.update",
      slug: "a",
      patch: { name: "A", url: URL_A },
    });
    expect(result.server).toMatchObject({
      name: "A",
      transport: "sse",
      era: "legacy",
      probedAt: NOW,
    });
  });

  test("credentials cannot be set while the workspace's key cannot be decrypted", async () => {
    const { config } = await makeServer();
    const ring = parseKeyRing(JSON.stringify([{ kid: "k9", key: btoa("9".repeat(32)) }]));
    const command: Command = {
      type: "server.update",
      slug: "a",
      patch: { credentials: { "x-b": "v" } },
    };
    expect(await decideChange(config(), command, { ...CONTEXT, ring })).toMatchObject({
      kind: "refused",
      refusal: { code: "unavailable" },
    });
  });
});
