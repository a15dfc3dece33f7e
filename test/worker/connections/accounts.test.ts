import { describe, expect, test } from "vitest";
import { AccountHolder, callSecret, makeToken } from "../support/account-holder.ts";
import { later } from "../support/clock.ts";
import {
  bindings,
  callTool,
  change,
  HOST,
  modernRpc,
  post,
  readMessage,
  rpc,
} from "../support/gateway-client.ts";
import { refusalOf, responseTexts } from "../support/management-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";
import { initializeClient } from "../support/server-requests.ts";

const SIGN_IN = { perPerson: { kind: "sign_in" } };
const MINUTE_MS = 60_000;
const INFO = { name: "tester", version: "1" };
const KEY = { perPerson: { kind: "key", header: "X-API-Key", template: "Key {key}" } };

/** A server with an account for each person, at which its owner has connected one. */
async function addServer(slug: string, settings: object = {}) {
  const server = await ProtectedServer.add(slug, settings, SIGN_IN);
  const owner = await AccountHolder.owner(server);
  expect((await owner.connect()).status).toBe(303);
  return { server, owner };
}

const pageOf = (slug: string, query = "server=guarded") =>
  `https://${HOST}/w/${slug}/accounts?${query}`;

describe("a server with an account for each person", () => {
  test("lists its tools with the account of the admin who connected first, and serves each person with their own", async () => {
    const { server, owner } = await addServer("acc-two", { hasSessions: true });
    const [ada, ben] = [
      await AccountHolder.join(server, "Ada"),
      await AccountHolder.join(server, "Ben"),
    ];
    expect(await ada.call()).toContain(pageOf("acc-two"));
    await ada.connect();
    await ben.connect();
    const capabilities = { elicitation: {}, sampling: {} };
    for (const person of [ada, ben, owner, ada, ben]) {
      expect(await person.call()).toBe("ok");
      const { session } = await initializeClient(person.client, capabilities);
      const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "secret" } };
      const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
      const { result } = await readMessage(await post(person.client, body, headers));
      expect(result.isError).toBeUndefined();
    }
    const { callers, intruders, streams } = await server.stats();
    const inOrder = ["Ada", "Ben", "Olga", "Ada", "Ben"];
    expect(callers).toEqual(inOrder.flatMap((name) => [name, name]));
    expect([streams, intruders]).toEqual([inOrder, []]);
    const { body } = await server.owner.send("GET", `${server.path}/accounts`);
    expect(body.items).toMatchObject([
      { member: { name: "Olga" }, state: "connected", isForChecks: true },
      { member: { name: "Ada" }, state: "connected", isForChecks: false },
      { member: { name: "Ben" }, state: "connected", isForChecks: false },
    ]);
    expect(responseTexts.join()).not.toMatch(/[ar]t-[0-9a-f]{24}/);
  });

  test("asks a client to open the page as it can, and its next call works in the same session", async () => {
    const { server } = await addServer("acc-ask");
    const ada = await AccountHolder.join(server, "Ada");
    const url = pageOf("acc-ask");
    const urlMode = { elicitation: { url: {} } };
    const { session } = await initializeClient(ada.client, urlMode);
    const callInSession = async () => {
      const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "secret" } };
      const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
      return readMessage(await post(ada.client, body, headers));
    };
    expect((await callInSession()).error).toMatchObject({
      code: -32_042,
      data: { elicitations: [{ mode: "url", url, elicitationId: expect.any(String) }] },
    });
    const callModern = (params: object, capabilities: object) =>
      modernRpc(ada.client, "tools/call", { name: "secret", ...params }, {}, capabilities);
    const asked = await callModern({}, urlMode);
    expect(asked.message.result).toMatchObject({
      resultType: "input_required",
      inputRequests: {
        "mcpnest-connect-account": { method: "elicitation/create", params: { mode: "url", url } },
      },
    });
    const inputResponses = { "mcpnest-connect-account": { action: "accept" } };
    const again = await callModern({ inputResponses }, urlMode);
    const inWords = { isError: true, content: [{ text: expect.stringContaining(url) }] };
    expect(again.message.result).toMatchObject(inWords);
    expect((await callModern({}, {})).message.result).toMatchObject(inWords);
    await ada.connect();
    expect((await callInSession()).result.isError).toBeUndefined();
    const { message } = await callModern({ inputResponses }, urlMode);
    expect(message.result).toMatchObject({ resultType: "complete" });
    expect((await callTool(ada.client, "secret")).message.result.isError).toBeUndefined();
  });

  test("gives a person without an account the link, also while the gateway has none for its checks", async () => {
    const { server } = await addServer("acc-unchecked");
    const ada = await AccountHolder.join(server, "Ada");
    await server.owner.send("PATCH", server.path, { perPerson: null });
    await server.owner.send("PATCH", server.path, SIGN_IN);
    expect(await ada.call()).toContain(pageOf("acc-unchecked"));
  });

  test("is listed and called with the account of a member when no owner or admin has connected one, until one does", async () => {
    const server = await ProtectedServer.add("acc-member", {}, SIGN_IN);
    const owner = await AccountHolder.owner(server);
    const ada = await AccountHolder.join(server, "Ada");
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: INFO };
    const { message: begun } = await rpc(ada.client, "initialize", params);
    expect(begun.result.instructions).toContain("when a person has connected an account");
    expect((await server.check()).error.message).toContain("No person has connected an account");
    expect(await ada.call()).toContain(pageOf("acc-member"));
    expect(await server.call()).toContain("Unknown tool");
    await ada.connect();
    const { message } = await modernRpc(ada.client, "tools/list", {});
    expect(message.result.tools).toMatchObject([{ name: "secret" }]);
    expect(await ada.call()).toBe("ok");
    const listers = async () => {
      const { body } = await server.owner.send("GET", `${server.path}/accounts`);
      return body.items.flatMap((item: { isForChecks: boolean; member: { name: string } }) =>
        item.isForChecks ? item.member.name : [],
      );
    };
    expect(await listers()).toEqual(["Ada"]);
    await owner.connect();
    expect(await listers()).toEqual(["Olga"]);
  });

  test("gets a call of an unknown tool only if the name begins like those of its tools; else the answer says that it may be meant", async () => {
    const server = await ProtectedServer.add("acc-typo", {}, { ...SIGN_IN, prefix: "ups" });
    const keyed = { slug: "keyed", prefix: "upk", url: `${server.base}-key/mcp`, ...KEY };
    await server.owner.send("POST", "/workspaces/acc-typo/servers", keyed);
    const ada = await AccountHolder.join(server, "Ada");
    const rules = ["guarded:*", "keyed:*"];
    await change("acc-typo", { type: "member.rules", id: ada.memberId, rules });
    const answerTo = async (name: string) => {
      const { message } = await callTool(ada.client, name);
      return message.error?.message ?? JSON.stringify(message.result.content);
    };
    expect(await answerTo("ups_secret")).toContain(pageOf("acc-typo"));
    expect(await answerTo("guarded__secret")).toContain(pageOf("acc-typo"));
    expect(await answerTo("upk_whoami")).toContain(pageOf("acc-typo", "server=keyed"));
    for (const name of ["zzz", "memory_typo", "upsx", "secret"])
      expect(await answerTo(name)).toBe("Unknown tool: use a name from tools/list");
    await server.owner.send("PATCH", server.path, { prefix: null });
    expect(await answerTo("upk_whoami")).toContain(pageOf("acc-typo", "server=keyed"));
    expect(await answerTo("secret")).toMatch(
      /^Unknown tool: .+It may be a tool of the server "guarded", .+accounts\?server=guarded$/,
    );
    await server.owner.send("PATCH", "/workspaces/acc-typo/servers/keyed", { prefix: null });
    expect(await answerTo("secret")).toMatch(
      /one of the servers "guarded", "keyed", .+\/accounts$/,
    );
  });

  test("asks the person whose account lacks permission to connect it again, in the call, on their page and in the health", async () => {
    const { server } = await addServer("acc-scopes");
    const ada = await AccountHolder.join(server, "Ada");
    await AccountHolder.join(server, "Ben");
    await ada.connect();
    await server.control({ needs: "admin" });
    const refused = await ada.call();
    expect(refused).toContain("the account that you call it with needs more permission");
    expect(refused).toContain('the scope \\"admin\\". Connect it again in the dashboard');
    expect(refused).toContain(pageOf("acc-scopes"));
    const { body } = await ada.browser.send("GET", ada.path);
    const message =
      'The server refuses calls that need more permission: the scope "admin". Connect it again to grant that';
    expect(body.items[0]).toMatchObject({
      state: "connected",
      wanted: { scopes: ["admin"], canGrant: true, message },
    });
    expect(await server.notices()).toEqual([
      expect.objectContaining({
        state: "needs_permission",
        people: 1,
        tokens: 1,
        message: expect.stringContaining("Each person grants that by connecting it again"),
      }),
    ]);
    await ada.connect();
    expect(await ada.call()).toBe("ok");
    expect(await server.notices()).toEqual([]);
  });

  test("shows a person whose rules lose it the account, which can be disconnected, and not connected again", async () => {
    const { server } = await addServer("acc-rules");
    const ada = await AccountHolder.join(server, "Ada");
    await ada.connect();
    await change("acc-rules", { type: "member.rules", id: ada.memberId, rules: [] });
    const list = async () => (await ada.browser.send("GET", ada.path)).body.items;
    expect(await list()).toMatchObject([{ state: "connected", blockedBy: "rules" }]);
    expect(refusalOf(await ada.begin())).toContain("do not allow this server any more");
    await ada.browser.send("DELETE", `${ada.path}/guarded`);
    expect(await list()).toEqual([]);
  });

  test("is used by an agent with the account that its owner has connected for it, and by no workspace token", async () => {
    const { server, owner } = await addServer("acc-agent");
    const ada = await AccountHolder.join(server, "Ada");
    const input = { name: "Robot", ownerId: ada.memberId };
    const { member: agent } = await change("acc-agent", { type: "agent.create", input });
    await change("acc-agent", { type: "member.rules", id: agent.id, rules: ["guarded:*"] });
    const client = { slug: "acc-agent", token: await makeToken(server, agent.id) };
    await ada.connect();
    const refused = await callSecret(client);
    expect(refused).toContain('Ada, who is responsible for the agent \\"Robot\\"');
    expect(refused).toContain(pageOf("acc-agent", `server=guarded&agent=${agent.id}`));
    // Other people can open the page, too: it connects only their accounts.
    expect(await owner.begin(agent.id)).toMatchObject({ status: 404 });
    expect(await owner.begin(ada.memberId)).toMatchObject({ status: 404 });
    expect((await ada.connect(agent.id)).status).toBe(303);
    expect(await callSecret(client)).toBe("ok");
    const path = `${owner.path}/guarded?agent=${ada.memberId}`;
    expect(await owner.browser.send("DELETE", path)).toMatchObject({ status: 403 });
    expect(await server.call()).toContain("this token belongs to no person");
  });

  test("ends with the person, their decision, an admin's, and the setting, and its tokens are revoked each time", async () => {
    const { server, owner } = await addServer("acc-end");
    const revoked = async () => (await server.stats()).revoked.length;
    const [ada, ben] = [
      await AccountHolder.join(server, "Ada"),
      await AccountHolder.join(server, "Ben"),
    ];
    await ada.connect();
    await ben.connect();
    expect(await ada.browser.send("DELETE", `${ada.path}/guarded`)).toMatchObject({ status: 204 });
    await expect.poll(revoked).toBe(1);
    expect([await ada.call(), await ben.call()]).toEqual([
      expect.stringContaining("accounts"),
      "ok",
    ]);
    const ended = `${server.path}/accounts/${ben.memberId}`;
    expect(await ben.browser.send("DELETE", ended)).toMatchObject({ status: 403 });
    expect(await server.owner.send("DELETE", ended)).toMatchObject({ status: 204 });
    await expect.poll(revoked).toBe(2);
    await ben.connect();
    const { body } = await server.owner.send("GET", "/workspaces/acc-end/audit-events");
    const issuer = `${server.base}/as`;
    expect(body.items.slice(0, 3).map(({ summary }: { summary: string }) => summary)).toEqual([
      `Ben connected the account of “Ben” at the server guarded (${issuer})`,
      "Olga disconnected the account of “Ben” at the server guarded",
      "Ada disconnected the account of “Ada” at the server guarded",
    ]);
    await server.owner.send("DELETE", `/workspaces/acc-end/members/${ben.memberId}`);
    await expect.poll(revoked).toBe(3);
    await server.owner.send("PATCH", server.path, { perPerson: null });
    await expect.poll(revoked).toBe(4);
    expect(await owner.call()).toContain("needs a new sign-in");
    expect(await ada.begin()).toMatchObject({ status: 404 });
  });
});

describe("a call whose account does not work any more says why, with the link, and so do all places that show the account:", () => {
  const stateOf = async ({ browser, path }: AccountHolder) => {
    const { state, reason } = (await browser.send("GET", path)).body.items[0];
    return [state, reason];
  };
  const revoked = {
    status: 400,
    error: "invalid_grant",
    error_description: "Token revoked by the user",
  };

  test("it was revoked at the provider", async () => {
    const { server } = await addServer("acc-revoked");
    const ada = await AccountHolder.join(server, "Ada");
    await ada.connect();
    await server.control({ tokenError: revoked });
    await server.forgetAccessTokens();
    // The first call learns of it from the server, the next one from the gateway.
    for (const refused of [await ada.call(), await ada.call()]) {
      expect(refused).toContain("The sign-in was revoked at the provider. The server");
      expect(refused).toContain(pageOf("acc-revoked"));
    }
    expect(await stateOf(ada)).toEqual(["needs_sign_in", "revoked"]);
    const message =
      "The account of one person does not work any more. Each person connects it again under “Your accounts”.";
    expect(await server.notices()).toContainEqual(
      expect.objectContaining({ state: "failing", message, people: 1, tokens: 1 }),
    );
    await server.control({ tokenError: null });
    await ada.connect();
    expect([await ada.call(), await stateOf(ada)]).toEqual(["ok", ["connected", null]]);
  });

  test("its token has expired, or was refused, and there is no refresh token", async () => {
    const { server, owner } = await addServer("acc-final", { hasRefreshTokens: false });
    const ada = await AccountHolder.join(server, "Ada");
    await ada.connect();
    await server.forgetAccessTokens();
    for (const person of [ada, owner]) {
      expect(await person.call()).toContain("The sign-in was revoked at the provider. The server");
      expect(await stateOf(person)).toEqual(["needs_sign_in", "revoked"]);
    }
    const { body } = await server.owner.send("GET", `${server.path}/accounts`);
    expect(body.items.map(({ state }: { state: string }) => state)).toEqual([
      "needs_sign_in",
      "needs_sign_in",
    ]);
    expect(await server.notices()).toMatchObject([
      { state: "failing", reason: "revoked", people: 2, tokens: 2 },
    ]);
    await ada.connect();
    await owner.connect();
    expect([await ada.call(), await owner.call()]).toEqual(["ok", "ok"]);
    expect(JSON.stringify(await server.notices())).not.toContain("failing");
    await later(61 * MINUTE_MS, async () => {
      const refused = await ada.call();
      expect(refused).toContain("The sign-in has expired. The server");
      expect(refused).toContain(pageOf("acc-final"));
    });
  });

  test("the provider does not answer", async () => {
    const { server } = await addServer("acc-down");
    const ada = await AccountHolder.join(server, "Ada");
    await ada.connect();
    await server.control({ tokenError: { status: 503 } });
    await later(61 * MINUTE_MS, async () => {
      expect(await ada.call()).toContain("does not answer. Try again in a minute");
    });
  });

  test("the server does not accept the key", async () => {
    const server = await ProtectedServer.add("acc-key-refused", {}, KEY);
    const ada = await AccountHolder.join(server, "Ada");
    await (await AccountHolder.owner(server)).enterKey("olga-key");
    await ada.enterKey("ada-key");
    expect(await ada.call()).toBe("ok");
    await server.control({ refusesTokens: true });
    for (const refused of [await ada.call(), await ada.call()]) {
      expect(refused).toContain("The server does not accept the key any more. The server");
      expect(refused).toContain(pageOf("acc-key-refused"));
    }
    expect(await stateOf(ada)).toEqual(["needs_sign_in", "revoked"]);
    await server.control({ refusesTokens: false });
    await ada.enterKey("ada-key-2");
    expect(await ada.call()).toBe("ok");
  });

  test.each([false, true])(
    "the server refuses the key with a plain 401 (sessions: %s)",
    async (hasSessions) => {
      const slug = `acc-key-plain-${hasSessions}`;
      const server = await ProtectedServer.add(slug, { isPlain: true, hasSessions }, KEY);
      expect((await server.check()).error.message).toContain("No person has entered one yet");
      expect(await server.notices()).toMatchObject([
        { state: "failing", message: expect.stringContaining("each does so under") },
      ]);
      const ada = await AccountHolder.join(server, "Ada");
      const owner = await AccountHolder.owner(server);
      await owner.enterKey("olga-key");
      await ada.enterKey("ada-key");
      expect(await ada.call()).toBe("ok");
      await server.control({ refusedKeys: ["bad-key"] });
      await ada.enterKey("bad-key");
      for (const refused of [await ada.call(), await ada.call()])
        expect(refused).toContain("The server does not accept the key any more. The server");
      expect(await stateOf(ada)).toEqual(["needs_sign_in", "revoked"]);
      const { body } = await ada.browser.send("GET", ada.path);
      expect(body.items[0].message).toBe(
        "The server does not accept the key any more. Enter another one",
      );
      expect(await server.notices()).toMatchObject([
        { state: "failing", reason: "revoked", people: 1, tokens: 1 },
      ]);
      expect(await owner.call()).toBe("ok");
      await ada.enterKey("ada-key");
      expect(await ada.call()).toBe("ok");
      await owner.enterKey("bad-key");
      expect((await server.check()).error.message).toContain("does not accept the key any more");
      await owner.enterKey("olga-key");
      expect((await server.check()).error).toBeNull();
      expect(await server.notices()).toEqual([]);
    },
  );
});

describe("a server with a key of each person", () => {
  test("gets the key of the person who calls in its header, which is not shown again", async () => {
    const server = await ProtectedServer.add("acc-key", {}, KEY);
    const owner = await AccountHolder.owner(server);
    expect((await owner.enterKey("olga-secret-key")).status).toBe(204);
    const ada = await AccountHolder.join(server, "Ada");
    const refused = await ada.call();
    expect(refused).toContain("Enter it in the dashboard");
    expect(refused).toContain(pageOf("acc-key"));
    await ada.enterKey("ada-secret-key");
    expect([await ada.call(), await owner.call()]).toEqual(["ok", "ok"]);
    expect(await server.stats()).toMatchObject({ callers: ["ada-secret-key", "olga-secret-key"] });
    const { body } = await ada.browser.send("GET", ada.path);
    expect(body.items).toMatchObject([{ kind: "key", state: "connected", issuer: null }]);
    const { results } = await bindings.DB.prepare("SELECT * FROM connections").all();
    expect(JSON.stringify(results) + responseTexts.join()).not.toMatch(/(ada|olga)-secret-key/);
    await ada.browser.send("DELETE", `${ada.path}/guarded`);
    expect(await ada.call()).toContain(pageOf("acc-key"));
    expect(await ada.begin()).toMatchObject({ status: 409 });
  });

  test.each([
    ["a header of the transport", "Mcp-Session-Id", "{key}", "perPerson.header"],
    ["a header of proxies", "X-Forwarded-For", "{key}", "perPerson.header"],
    ["a template without a place", "X-API-Key", "Key", "perPerson.template"],
    ["a template with two places", "X-API-Key", "{key}{key}", "perPerson.template"],
  ])("is refused with %s", async (name, header, template, field) => {
    const slug = `acc-bad-${name.replaceAll(" ", "-")}`;
    const server = await ProtectedServer.add(slug);
    const perPerson = { kind: "key", header, template };
    const answer = await server.owner.send("PATCH", server.path, { perPerson });
    expect([answer.status, refusalOf(answer)]).toEqual([400, expect.stringContaining(field)]);
  });
});
