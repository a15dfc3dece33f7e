import { describe, expect, test } from "vitest";
import { decideChange } from "../../../../durable-objects/changes/decide-change.ts";
import { openWorkspaceKey } from "../../../../workers/crypto/workspace-key.ts";
import { CONTEXT, makeCommandTarget, NOW, RING } from "../../support/command-target.ts";

describe("a workspace", () => {
  test("a new workspace enforces rules, is closed, allows a token 200 requests a minute and has its own key", async () => {
    const { created } = await makeCommandTarget();
    const { workspace } = created.result;
    expect(workspace).toMatchObject({
      enforcement: true,
      defaultAccess: "closed",
      limits: { perAddressPerMinute: 1_000, perTokenPerMinute: 200 },
      retentionDays: 90,
    });
    await expect(openWorkspaceKey(RING, workspace.wrappedKey)).resolves.toBeDefined();
    expect(JSON.stringify(created.event)).not.toContain(workspace.wrappedKey);
  });

  test("a workspace is not created twice, and no other command precedes its creation", async () => {
    const { findRefusal } = await makeCommandTarget();
    const input = { slug: "acme", name: "Again" };
    expect(await findRefusal({ type: "workspace.create", input })).toMatch(/^conflict: /);
    const decision = await decideChange(null, { type: "workspace.delete" }, CONTEXT);
    expect(decision).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
  });

  test("a patch keeps the fields that it does not name, and the event has the changed ones", async () => {
    const { apply } = await makeCommandTarget();
    const limits = { perTokenPerMinute: 10 };
    const { result, event } = await apply({ type: "workspace.update", patch: { limits } });
    expect(result.workspace).toMatchObject({
      name: "Acme",
      limits: { perAddressPerMinute: 1_000, perTokenPerMinute: 10 },
    });
    expect(event).toMatchObject({
      actor: "operator",
      action: "workspace.updated",
      object: "workspace:acme",
      detail: { limits: { perAddressPerMinute: 1_000, perTokenPerMinute: 10 } },
      occurredAt: NOW,
    });
    expect(Object.keys(event.detail)).toEqual(["limits", "before"]);
    expect(event.detail["before"]).toEqual({
      limits: { perAddressPerMinute: 1_000, perTokenPerMinute: 200 },
    });
    const cleared = await apply({
      type: "workspace.update",
      patch: { limits: { perTokenPerMinute: null } },
    });
    expect(cleared.result.workspace.limits.perTokenPerMinute).toBeNull();
  });
});

describe("members", () => {
  test("removing a member revokes the member's tokens", async () => {
    const { apply, config } = await makeCommandTarget();
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    const token = await apply({
      type: "token.create",
      input: { label: "laptop", memberId: result.member.id },
    });
    const other = await apply({ type: "token.create", input: { label: "admin" } });
    const { event } = await apply({ type: "member.delete", id: result.member.id });
    expect(config().members.size).toBe(0);
    expect(config().tokens.get(token.result.record.id)?.revokedAt).toBe(NOW);
    expect(config().tokens.get(other.result.record.id)?.revokedAt).toBeNull();
    expect(event.detail).toEqual({
      name: "Ann",
      revokedTokens: [token.result.record.id],
      remainingTokens: [],
      remainingTokenCount: 0,
    });
  });

  test("the last owner can be neither removed nor demoted", async () => {
    const { apply, findRefusal } = await makeCommandTarget();
    const { result } = await apply({
      type: "member.create",
      input: { name: "Ann", role: "owner" },
    });
    const { id } = result.member;
    expect(await findRefusal({ type: "member.delete", id })).toMatch(/^conflict: .*last owner/);
    expect(await findRefusal({ type: "member.update", id, patch: { role: "admin" } })).toMatch(
      /^conflict: /,
    );
    expect(await findRefusal({ type: "member.update", id, patch: { name: "Anna" } })).toBe(
      "applied",
    );
    await apply({ type: "member.create", input: { name: "Bob", role: "owner" } });
    expect(await findRefusal({ type: "member.update", id, patch: { role: "admin" } })).toBe(
      "applied",
    );
    expect(await findRefusal({ type: "member.delete", id })).toBe("applied");
  });

  test("a member has each rule once, and the event has added and removed rules", async () => {
    const { apply, findRefusal } = await makeCommandTarget();
    for (const slug of ["a", "b", "c"])
      await apply({ type: "server.create", input: { slug, url: `https://${slug}.example/mcp` } });
    const { result } = await apply({ type: "member.create", input: { name: "Ann" } });
    const { id } = result.member;
    await apply({ type: "member.rules", id, rules: ["b:x", "a:*", "b:x"] });
    const { result: after, event } = await apply({
      type: "member.rules",
      id,
      rules: ["a:*", "c:y"],
    });
    expect(after.member.rules).toEqual(["a:*", "c:y"]);
    expect(event.detail).toEqual({ added: ["c:y"], removed: ["b:x"], allowedBefore: "rules" });
    expect(await findRefusal({ type: "member.rules", id, rules: ["d:*"] })).toMatch(
      /^invalid: rules: there is no server "d"/,
    );
    expect(await findRefusal({ type: "member.rules", id: "mem_x", rules: [] })).toMatch(
      /^not_found: /,
    );
  });
});

describe("tokens", () => {
  test("a token has 192 random bits, is returned once and stored as a digest", async () => {
    const { apply } = await makeCommandTarget();
    const { result, event, changes } = await apply({
      type: "token.create",
      input: { label: "ci" },
    });
    expect(result.token).toMatch(/^mng_[0-9a-f]{48}$/);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(result.token));
    expect(result.record.digest).toBe(new Uint8Array(digest).toHex());
    expect(result.record.lastFour).toBe(result.token.slice(-4));
    expect(JSON.stringify([event, changes])).not.toContain(result.token);
    expect(JSON.stringify(event)).not.toContain(result.record.digest);
  });

  test("rotation keeps everything of a token but its value", async () => {
    const { apply, config } = await makeCommandTarget();
    const first = await apply({
      type: "token.create",
      input: { label: "ci", expiresAt: NOW + 1000 },
    });
    const { id } = first.result.record;
    const second = await apply({ type: "token.rotate", id });
    expect(second.result.token).not.toBe(first.result.token);
    const { digest, lastFour, ...rest } = second.result.record;
    expect(first.result.record).toMatchObject(rest);
    expect([...config().tokens.values()].map((token) => token.digest)).toEqual([digest]);
    expect(lastFour).toBe(second.result.token.slice(-4));
  });

  test("a revoked token cannot be rotated, and revoking it again keeps the first time", async () => {
    const { apply, config, findRefusal } = await makeCommandTarget();
    const { result } = await apply({ type: "token.create", input: { label: "ci" } });
    const { id } = result.record;
    config().tokens.set(id, { ...result.record, expiresAt: NOW });
    expect(await findRefusal({ type: "token.rotate", id })).toMatch(
      /^conflict: The token has expired/,
    );
    config().tokens.set(id, { ...result.record, revokedAt: NOW - 5 });
    expect(await findRefusal({ type: "token.rotate", id })).toMatch(
      /^conflict: The token is revoked/,
    );
    expect((await apply({ type: "token.revoke", id })).result.record.revokedAt).toBe(NOW - 5);
  });

  test("a token for an unknown member, or with a past expiry, is refused", async () => {
    const { findRefusal } = await makeCommandTarget();
    const forNobody = { label: "x", memberId: "mem_x" };
    expect(await findRefusal({ type: "token.create", input: forNobody })).toMatch(/^not_found: /);
    expect(
      await findRefusal({ type: "token.create", input: { label: "x", expiresAt: NOW } }),
    ).toMatch(/^invalid: expiresAt/);
    expect(await findRefusal({ type: "token.rotate", id: "tok_x" })).toMatch(/^not_found: /);
    expect(await findRefusal({ type: "token.revoke", id: "tok_x" })).toMatch(/^not_found: /);
  });
});
