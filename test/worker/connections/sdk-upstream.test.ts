import { expect, inject, test } from "vitest";
import { AccountHolder } from "../support/account-holder.ts";
import { later } from "../support/clock.ts";
import { ProtectedServer } from "../support/protected-server.ts";

const MINUTE_MS = 60_000;

test("the gateway signs in at a server that the official SDK protects, refreshes, and revokes", async () => {
  const base = inject("sdkProtectedUrl");
  const server = await ProtectedServer.add("sdk-shared", { account: "shared" }, {}, base);
  expect((await server.connect()).status).toBe(303);
  expect(await server.call()).toBe("ok");
  await server.forgetAccessTokens();
  // The server refuses the token with a challenge.
  expect(await server.call()).toBe("ok");
  const before = await server.stats();
  expect(before).toMatchObject({ callers: ["shared", "shared"], refreshes: 1 });
  await later(50 * MINUTE_MS, async () => {
    expect(await server.call()).toBe("ok");
    await expect.poll(async () => (await server.stats()).refreshes).toBe(2);
  });
  await server.owner.send("DELETE", `${server.path}/connection`);
  await expect.poll(async () => (await server.stats()).revoked).toEqual(["shared"]);
});

test("the gateway steps up at a server that the official SDK protects, for the workspace and for a person", async () => {
  const base = inject("sdkProtectedUrl");
  const shared = await ProtectedServer.add("sdk-step", { account: "shared" }, {}, base);
  await shared.connect();
  const perPerson = { perPerson: { kind: "sign_in" } };
  const personal = await ProtectedServer.add("sdk-step-own", {}, perPerson, base);
  const owner = await AccountHolder.owner(personal);
  await owner.connect();
  expect([await shared.call(), await owner.call()]).toEqual(["ok", "ok"]);
  await shared.control({ needs: "admin" });
  const wanted = expect.stringContaining('The call needs the scope \\"admin\\"');
  expect([await shared.call(), await owner.call()]).toEqual([wanted, wanted]);
  await shared.control({ account: "shared" });
  await shared.connect({ grantsWanted: true });
  await shared.control({ account: "Olga" });
  await personal.connect({ grantsWanted: true });
  expect([await shared.call(), await owner.call()]).toEqual(["ok", "ok"]);
  expect((await shared.stats()).callers.slice(-2)).toEqual(["shared", "Olga"]);
  await shared.control({ needs: null });
});

test("two people call a server that the official SDK protects, and it sees two subjects", async () => {
  const base = inject("sdkProtectedUrl");
  const perPerson = { perPerson: { kind: "sign_in" } };
  const server = await ProtectedServer.add("sdk-people", {}, perPerson, base);
  const owner = await AccountHolder.owner(server);
  await owner.connect();
  const ada = await AccountHolder.join(server, "Ada");
  await ada.connect();
  for (const person of [ada, owner, ada]) expect(await person.call()).toBe("ok");
  await server.forgetAccessTokens();
  expect([await owner.call(), await ada.call()]).toEqual(["ok", "ok"]);
  expect((await server.stats()).callers.slice(-5)).toEqual(["Ada", "Olga", "Ada", "Olga", "Ada"]);
  await ada.browser.send("DELETE", `${ada.path}/guarded`);
  await expect.poll(async () => (await server.stats()).revoked.at(-1)).toBe("Ada");
});
