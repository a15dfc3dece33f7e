import { describe, expect, test } from "vitest";
import { HOST, waitForRows } from "../support/gateway-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";

const scopesOf = (authorization: string) => new URLSearchParams(authorization).get("scope");

describe("a call that needs more permission than the sign-in has", () => {
  test("is refused with the missing scope and the page where it is granted, and works after the grant", async () => {
    const server = await ProtectedServer.connected("step-up", { needs: "read admin:write" });
    const page = `https://${HOST}/w/step-up/servers/guarded`;
    const refused = await server.call();
    expect(refused).toContain(
      `The call needs the scopes \\"read\\", \\"admin:write\\". An owner or admin of the workspace can grant it at ${page}`,
    );
    const [row] = await waitForRows("step-up", 1);
    expect(row).toMatchObject({ status: "error", errorCode: "needs_permission" });
    const wanted = { scopes: ["admin:write"], canGrant: true };
    expect(await server.state()).toMatchObject({ state: "connected", wanted });
    expect(await server.notices()).toEqual([
      expect.objectContaining({ state: "needs_permission", kind: "sign_in", people: 0, tokens: 1 }),
    ]);
    expect((await server.connect({ grantsWanted: true })).status).toBe(303);
    expect(await server.call()).toBe("ok");
    expect((await server.state()).wanted).toBeNull();
    // A sign-in that is made for another reason asks for them, too.
    await server.connect();
    const { authorizations } = await server.stats();
    expect(authorizations.map(scopesOf)).toEqual([
      "read write offline_access",
      "read write offline_access admin:write",
      "read write offline_access admin:write",
    ]);
  });

  test("is not offered a grant again when the provider does not grant it, or the server is not content with it", async () => {
    const server = await ProtectedServer.connected("step-loop", {
      needs: "admin",
      withholds: ["admin"],
    });
    await server.call();
    await server.connect({ grantsWanted: true });
    expect(await server.call()).toContain("Another sign-in does not help");
    const withheld = (await server.state()).wanted;
    expect([withheld.canGrant, withheld.message]).toEqual([
      false,
      expect.stringContaining("has not granted although the gateway has asked for it"),
    ]);
    await server.control({ withholds: [], insists: true });
    await server.connect({ grantsWanted: true });
    expect(await server.call()).toContain("Another sign-in does not help");
    expect((await server.state()).wanted).toMatchObject({
      canGrant: false,
      message: expect.stringContaining("although the sign-in has that"),
    });
    await server.control({ needs: "" });
    expect(await server.call()).toContain("The server does not say which");
  });

  test("keeps scopes that are valid, few and short: they are the server’s text", async () => {
    const long = "x".repeat(201);
    const many = Array.from({ length: 150 }, (_, i) => `s${i}`).join(" ");
    const server = await ProtectedServer.connected("step-text", { needs: `<b> ${long} ${many}` });
    const refused = await server.call();
    expect(refused).toContain("and 95 more");
    const { scopes } = (await server.state()).wanted;
    expect([scopes.length, scopes.slice(0, 2)]).toEqual([100, ["<b>", "s0"]]);
  });

  test("does not hide what else the sign-in is for: other calls go on, and a refresh keeps what is wanted", async () => {
    const server = await ProtectedServer.connected("step-keeps", { needs: "admin" });
    await server.call();
    await server.forgetAccessTokens();
    await server.control({ needs: null });
    expect(await server.call()).toBe("ok");
    expect((await server.stats()).refreshes).toBe(1);
    expect((await server.state()).wanted.scopes).toEqual(["admin"]);
  });
});

test("a sign-in asks for no scope where neither the server nor its metadata names one", async () => {
  const server = await ProtectedServer.connected("step-none", {
    resource: { scopes_supported: null },
  });
  const { authorizations } = await server.stats();
  expect(new URLSearchParams(authorizations[0]).has("scope")).toBe(false);
});
