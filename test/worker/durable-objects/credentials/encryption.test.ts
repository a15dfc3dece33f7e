import { describe, expect, test } from "vitest";
import {
  openHeader,
  openVariable,
  sealHeader,
  sealVariable,
} from "../../../../durable-objects/credentials/encryption.ts";
import { parseKeyRing } from "../../../../workers/crypto/key-ring.ts";
import {
  createWorkspaceKey,
  openWorkspaceKey,
  rewrapWorkspaceKey,
} from "../../../../workers/crypto/workspace-key.ts";

const KEY_1 = { kid: "k1", key: btoa("1".repeat(32)) };
const KEY_2 = { kid: "k2", key: btoa("2".repeat(32)) };
const ring = (...keys: object[]) => parseKeyRing(JSON.stringify(keys));

const CONTEXT = {
  workspaceId: "ws_a",
  serverId: "srv_a",
  origin: "https://a.example",
  header: "authorization",
};

describe("the ring of master keys", () => {
  test("a malformed key ring is refused with its problem and without a key in the message", () => {
    const bad: [text: string, problem: RegExp][] = [
      ["", /MCPNEST_MASTER_KEYS must be/],
      ["{}", /MCPNEST_MASTER_KEYS must be/],
      ["[]", /MCPNEST_MASTER_KEYS must be/],
      [JSON.stringify([{ kid: "k1", key: btoa("SECRET short") }]), /0\.key: give 32 bytes/],
      [JSON.stringify([{ kid: "a|b", key: KEY_1.key }]), /0\.kid: use 1 to 32/],
      [JSON.stringify([KEY_1, KEY_1]), /every key its own kid/],
      [JSON.stringify([{ ...KEY_1, key: "SECRET!" }]), /0\.key/],
    ];
    for (const [text, problem] of bad) {
      expect(() => parseKeyRing(text)).toThrow(problem);
      expect(() => parseKeyRing(text)).not.toThrow(/SECRET|MTEx/);
    }
  });
});

describe("a hosted server's variable", () => {
  test("a sealed variable opens for its own instance and name only, and never as a header", async () => {
    const key = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    const own = { workspaceId: "ws_a", instanceId: "ins_a", key: "TOKEN" };
    const sealed = await sealVariable(key, own, "value");
    expect(await openVariable(key, own, sealed)).toBe("value");
    for (const other of [
      { ...own, workspaceId: "ws_b" },
      { ...own, instanceId: "ins_b" },
      { ...own, key: "OTHER" },
    ]) {
      expect(await openVariable(key, other, sealed)).toBeNull();
    }
    expect(await openHeader(key, CONTEXT, sealed)).toBeNull();
  });
});

describe("a workspace's key", () => {
  test("a workspace's key cannot be exported", async () => {
    const key = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    expect(key.extractable).toBe(false);
  });

  test("values that a workspace's key sealed open after a rotation of the master keys", async () => {
    const wrapped = await createWorkspaceKey(ring(KEY_1));
    const sealed = await sealHeader(
      await openWorkspaceKey(ring(KEY_1), wrapped),
      CONTEXT,
      "s3cret",
    );

    const rewrapped = await rewrapWorkspaceKey(ring(KEY_2, KEY_1), wrapped);
    expect(rewrapped).toMatch(/^v1\|k2\|/);
    const key = await openWorkspaceKey(ring(KEY_2), rewrapped);
    expect(await openHeader(key, CONTEXT, sealed)).toBe("s3cret");
  });

  test("rewrapping leaves a workspace's key alone when the newest master key already encrypts it", async () => {
    const wrapped = await createWorkspaceKey(ring(KEY_2, KEY_1));
    expect(await rewrapWorkspaceKey(ring(KEY_2, KEY_1), wrapped)).toBe(wrapped);
  });

  test("a workspace's key does not open without its master key, with another key of the same name, or when altered", async () => {
    const wrapped = await createWorkspaceKey(ring(KEY_1));
    const altered = wrapped.slice(0, -2) + (wrapped.endsWith("AA") ? "BB" : "AA");
    for (const [keys, text] of [
      [ring(KEY_2), wrapped],
      [ring({ kid: "k1", key: KEY_2.key }), wrapped],
      [ring({ kid: "k2", key: KEY_1.key }), wrapped.replace("|k1|", "|k2|")],
      [ring(KEY_1), altered],
      [ring(KEY_1), ""],
    ] as const) {
      await expect(openWorkspaceKey(keys, text)).rejects.toThrow(/no key of MCPNEST_MASTER_KEYS/);
    }
  });
});

describe("a sealed header", () => {
  test("a sealed header opens in its own context only: not for another workspace, server, origin or header", async () => {
    const key = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    const sealed = await sealHeader(key, CONTEXT, "Bearer s3cret");
    expect(await openHeader(key, CONTEXT, sealed)).toBe("Bearer s3cret");
    for (const other of [
      { workspaceId: "ws_b" },
      { serverId: "srv_b" },
      { origin: "https://b.example" },
      { origin: "http://a.example" },
      { header: "x-api-key" },
      // The same letters, cut at other places.
      { workspaceId: "ws_", serverId: "asrv_a" },
    ]) {
      expect(await openHeader(key, { ...CONTEXT, ...other }, sealed)).toBeNull();
    }
  });

  test("a sealed header opens with its own workspace's key only, and not when it was altered", async () => {
    const key = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    const otherKey = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    const sealed = await sealHeader(key, CONTEXT, "s3cret");
    expect(await openHeader(otherKey, CONTEXT, sealed)).toBeNull();
    for (const text of [
      "",
      "v1",
      "v1||",
      "v1|!|!",
      sealed.replace("v1", "v2"),
      `${sealed}|x`,
      sealed.slice(0, -3),
    ]) {
      expect(await openHeader(key, CONTEXT, text)).toBeNull();
    }
  });

  test("sealing a header twice gives different texts, and neither contains the value", async () => {
    const key = await openWorkspaceKey(ring(KEY_1), await createWorkspaceKey(ring(KEY_1)));
    const twice = await Promise.all([
      sealHeader(key, CONTEXT, "s3cret"),
      sealHeader(key, CONTEXT, "s3cret"),
    ]);
    expect(twice[0]).not.toBe(twice[1]);
    expect(twice.join()).not.toContain("s3cret");
    expect(twice.join()).not.toContain(btoa("s3cret"));
  });
});
