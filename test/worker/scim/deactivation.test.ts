import { describe, expect, test } from "vitest";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { Company } from "../support/company.ts";
import { callTool, change, makeWorkspace, rpc, type Client } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";
import { openSession, openStream, openSubscription } from "../support/notification-streams.ts";
import { errorOf, ScimClient } from "../support/scim-client.ts";

const setActive = (value: unknown) => [{ op: "replace", path: "active", value }];

/** A person of the directory who has signed in by the company as an admin, with a token. */
async function openPerson(slug: string, server = "/ok") {
  await makeWorkspace(slug, { ok: server });
  const company = await Company.open(slug, await makeOwner(slug), {});
  const directory = await ScimClient.open(slug);
  const { id } = await directory.createUser({ userName: "ada", externalId: "ada" });
  await manage("PATCH", `/workspaces/${slug}/members/${id}`, { role: "admin" });
  const browser = await Browser.open();
  expect((await company.signIn(browser, { sub: "ada" })).to).toBe(`/w/${slug}`);
  const { token } = await change(slug, {
    type: "token.create",
    input: { label: "laptop", memberId: id },
  });
  const client: Client = { slug, token };
  return { company, directory, id, path: `/Users/${id}`, browser, client };
}

describe("a person that the directory deactivates", () => {
  test("loses tokens, a call in flight, open streams, API keys and the session at once", async () => {
    const slug = "scim-ends";
    const { company, directory, path, browser, client } = await openPerson(slug, "/call/late/8000");
    const { key } = await makeKey(company, browser);
    expect(await keyStatus(slug, key)).toBe(200);
    await rpc(client, "tools/list");
    const stream = await openStream(client, await openSession(client));
    const subscription = await openSubscription(client, { toolsListChanged: true });
    const temporary = await browser.send("POST", `/workspaces/${slug}/me/temporary-tokens`, {});
    expect(temporary.status).toBe(201);
    const call = callTool(client, "echo");
    expect((await directory.patch(path, setActive(false))).body.active).toBe(false);
    expect((await call).message.error).toMatchObject({ data: { reason: "token_revoked" } });
    expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(await subscription.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect((await callTool(client, "echo")).response.status).toBe(401);
    const byPage = { slug, token: temporary.body.token };
    expect((await callTool(byPage, "echo")).response.status).toBe(401);
    expect(await keyStatus(slug, key)).toBe(401);
    expect((await browser.send("GET", "/me")).status).toBe(401);
    const { body } = await manage("GET", `/workspaces/${slug}/audit-events`);
    expect(body.items[0]).toMatchObject({
      action: "scim_user.deactivated",
      actor: directory.tokenId,
      summary: expect.stringMatching(/^Directory deactivated .* and ended its tokens/),
    });
  });

  test("comes back with rules, role and teams, and without the old tokens, keys and sessions", async () => {
    const slug = "scim-back";
    const { company, directory, id, path, browser, client } = await openPerson(slug);
    const { key } = await makeKey(company, browser);
    await manage("PUT", `/workspaces/${slug}/members/${id}/rules`, { rules: ["ok:*"] });
    await directory.patch(path, setActive("False"));
    const refused = await company.signIn(await Browser.open(), { sub: "ada" });
    expect(refused.to).toContain("problem=suspended");
    await directory.patch(path, setActive("True"));
    const { body } = await manage("GET", `/workspaces/${slug}/members/${id}`);
    expect(body).toMatchObject({ role: "admin", suspendedAt: null, rules: ["ok:*"] });
    expect((await callTool(client, "echo")).response.status).toBe(401);
    expect(await keyStatus(slug, key)).toBe(401);
    expect((await browser.send("GET", "/me")).status).toBe(401);
    const again = await Browser.open();
    expect((await company.signIn(again, { sub: "ada" })).to).toBe(`/w/${slug}`);
    expect(again.userId).toBe(browser.userId);
  });

  test("stays suspended by an admin when the directory activates the account", async () => {
    const slug = "scim-both";
    const { directory, id, path } = await openPerson(slug);
    const suspension = `/workspaces/${slug}/members/${id}/suspension`;
    await manage("PUT", suspension, {});
    await directory.patch(path, setActive(false));
    expect((await manage("DELETE", suspension)).status).toBe(409);
    expect((await directory.patch(path, setActive(true))).body.active).toBe(true);
    const member = async () => (await manage("GET", `/workspaces/${slug}/members/${id}`)).body;
    expect((await member()).suspendedAt).toEqual(expect.any(Number));
    expect((await manage("DELETE", suspension)).status).toBe(204);
    expect((await member()).suspendedAt).toBeNull();
  });

  test("and one that it removes, loses all for good: the next call fails and streams end", async () => {
    const slug = "scim-removed";
    const { company, directory, path, browser, client } = await openPerson(slug);
    const { key } = await makeKey(company, browser);
    const stream = await openStream(client, await openSession(client));
    expect((await callTool(client, "echo")).message.error).toBeUndefined();
    expect((await directory.send("DELETE", path)).status).toBe(204);
    expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect((await callTool(client, "echo")).response.status).toBe(401);
    expect(await keyStatus(slug, key)).toBe(401);
    expect((await browser.send("GET", "/me")).status).toBe(401);
  });

  test("is never the last owner, who can be neither deactivated nor removed", async () => {
    const slug = "scim-last-owner";
    await manage("POST", "/workspaces", { slug, name: slug });
    const directory = await ScimClient.open(slug);
    const { id } = await directory.createUser({ userName: "olga" });
    const path = `/Users/${id}`;
    await manage("PATCH", `/workspaces/${slug}/members/${id}`, { role: "owner" });
    const refused = await directory.patch(path, setActive(false));
    expect([errorOf(refused), refused.body.detail]).toEqual([
      "409",
      "This person is the workspace's last owner: make another member an owner first.",
    ]);
    expect(errorOf(await directory.send("DELETE", path))).toBe("409");
    expect((await directory.send("GET", path)).body.active).toBe(true);
    await makeJoinedUser(slug, "owner");
    expect((await directory.send("DELETE", path)).status).toBe(204);
  });

  test("can be made inactive, and has no access until the directory activates it", async () => {
    const slug = "scim-inactive";
    const company = await Company.open(slug, await makeOwner(slug), {});
    const directory = await ScimClient.open(slug);
    const { id } = await directory.createUser({ userName: "a", externalId: "a", active: false });
    const refused = await company.signIn(await Browser.open(), { sub: "a" });
    expect(refused.to).toContain("problem=suspended");
    await directory.patch(`/Users/${id}`, setActive(true));
    expect((await company.signIn(await Browser.open(), { sub: "a" })).to).toBe(`/w/${slug}`);
  });
});

/** Makes an API key of the person, after a fresh sign-in at the company. */
async function makeKey(company: Company, browser: Browser): Promise<Json> {
  const claims = { sub: "ada", auth_time: Math.floor(Date.now() / 1_000) };
  await company.finish(browser, "/me/company/step-up", { to: "/" }, claims);
  await browser.send("GET", "/me");
  const made = await browser.send("POST", `/workspaces/${company.slug}/api-keys`, {
    label: "ci",
    role: "admin",
  });
  expect(made.status).toBe(201);
  return made.body;
}

async function keyStatus(slug: string, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await manage("GET", `/workspaces/${slug}/servers`, undefined, { headers })).status;
}
