import { describe, expect, test } from "vitest";
import { AccountHolder } from "../support/account-holder.ts";
import { makeJoinedUser } from "../support/browser.ts";
import { bindings, HOST, send } from "../support/gateway-client.ts";
import { refusalOf, responseTexts } from "../support/management-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";

const CALLBACK = `https://${HOST}/oauth/callback`;

describe("a server that wants a sign-in", () => {
  test("says so when it is tested, added and checked, with its authorization server", async () => {
    const server = await ProtectedServer.add("con-found");
    const issuer = `${server.base}/as`;
    const asked = { code: "needs_sign_in", status: 401, issuer };
    const tested = await server.owner.send("POST", "/workspaces/con-found/server-tests", {
      url: `${server.base}/mcp`,
    });
    expect(tested.body.error).toMatchObject(asked);
    const checked = await server.check();
    expect(checked.error).toMatchObject(asked);
    expect(checked.error.message).toBe(
      `The server wants a sign-in at "${issuer}". An owner or admin can connect it on the server’s page`,
    );
    expect(await server.state()).toMatchObject({ state: "needs_sign_in", issuer, reason: null });
    const { body } = await server.owner.send("GET", "/workspaces/con-found/health");
    expect(body.items[0].check.error.code).toBe("needs_sign_in");
  });

  test.each([
    ["another issuer", { metadata: { issuer: "https://other.example" } }, "another issuer"],
    [
      "another resource",
      { resource: { resource: "https://other.example/mcp" } },
      "another resource",
    ],
    ["a place inside", { challenge: "http://169.254.169.254/x" }, "another origin"],
    [
      "an issuer inside",
      { resource: { authorization_servers: ["http://169.254.169.254"] } },
      "no server is called there",
    ],
    [
      "an endpoint inside",
      { metadata: { token_endpoint: "http://169.254.169.254/t" } },
      "an endpoint that is not allowed",
    ],
    [
      "an endpoint that is a script",
      { metadata: { authorization_endpoint: "javascript:alert(1)" } },
      "an endpoint that is not allowed",
    ],
    ["no PKCE", { metadata: { code_challenge_methods_supported: ["plain"] } }, "PKCE with S256"],
    [
      "no authorization server",
      { resource: { authorization_servers: [] } },
      "no authorization server",
    ],
  ])("is refused in words when its metadata has %s", async (name, settings, words) => {
    const server = await ProtectedServer.add(
      `con-bad-${name.replaceAll(" ", "-").toLowerCase()}`,
      settings,
    );
    const { error } = await server.check();
    expect(error.code).toBe("upstream_unauthorized");
    expect(error.message).toContain(words);
    expect(await server.begin()).toMatchObject({ status: 409 });
  });
});

describe("connecting a server", () => {
  test("signs in with PKCE, state and resource, stores no token in clear, and calls go with it", async () => {
    const server = await ProtectedServer.add("con-flow");
    const begun = await server.begin();
    const query = new URL(begun.body.to).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: "code",
      client_id: "client-1",
      redirect_uri: CALLBACK,
      code_challenge_method: "S256",
      resource: `${server.base}/mcp`,
      scope: "read write offline_access",
    });
    const opened = await server.open(await server.consent(begun.body.to));
    expect([opened.status, opened.headers.get("location")]).toEqual([
      303,
      "/w/con-flow/servers/guarded",
    ]);
    expect(await server.call()).toBe("ok");
    expect(await server.state()).toMatchObject({
      state: "connected",
      issuer: `${server.base}/as`,
      connectedBy: { name: "Olga" },
      redirectUri: CALLBACK,
    });
    const row = await bindings.DB.prepare(
      "SELECT group_concat(tokens) AS tokens FROM connections",
    ).first<{ tokens: string }>();
    const issued = /at-[0-9a-f]{24}|rt-[0-9a-f]{24}/;
    expect(row?.tokens).toContain("sealed");
    expect(row?.tokens).not.toMatch(issued);
    expect(responseTexts.join()).not.toMatch(issued);
    const events = await server.owner.send("GET", "/workspaces/con-flow/audit-events");
    expect(events.body.items.map(({ summary }: { summary: string }) => summary)).toContain(
      `Olga signed the gateway in at the server guarded (${server.base}/as)`,
    );
  });

  test("ends only in the browser session that began it, and once", async () => {
    const server = await ProtectedServer.add("con-csrf");
    const { browser: other } = await makeJoinedUser("con-csrf", "admin");
    for (const cookie of ["", other.cookie]) {
      const back = await server.consent((await server.begin()).body.to);
      const opened = await server.open(back, cookie);
      expect([opened.status, opened.text]).toEqual([
        403,
        expect.stringContaining("in which it began"),
      ]);
      // The attempt has used it up.
      const late = await server.open(back);
      expect([late.status, late.text]).toEqual([
        400,
        expect.stringContaining("opened before in another session"),
      ]);
    }
    const back = await server.consent((await server.begin()).body.to);
    const statuses = await Promise.all([server.open(back), server.open(back)]);
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([303, 400]));
    const again = await server.open(back);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining("a second time")]);
    const never = await server.open(new URL(`${CALLBACK}?state=never&code=x`));
    expect([never.status, never.text]).toEqual([400, expect.stringContaining("has expired")]);
  });

  test("refuses a response of another authorization server, and errors, in words, with a link back", async () => {
    const server = await ProtectedServer.add("con-iss");
    for (const iss of ["https://other.example", null]) {
      await server.control({ iss });
      expect((await server.connect()).status).toBe(400);
    }
    const denied = await server.consent((await server.begin()).body.to);
    denied.searchParams.delete("code");
    denied.searchParams.set("iss", `${server.base}/as`);
    denied.searchParams.set("error", "access_denied");
    const { status, text, headers } = await server.open(denied);
    expect([status, text]).toEqual([
      400,
      expect.stringContaining("access was denied there, by you"),
    ]);
    expect(text).toContain('href="/w/con-iss/servers/guarded"');
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    const member = await AccountHolder.join(server, "Ada");
    await server.owner.send("PATCH", server.path, { perPerson: { kind: "sign_in" } });
    const failed = await server.consent((await member.begin()).body.to);
    failed.searchParams.delete("code");
    failed.searchParams.set("iss", `${server.base}/as`);
    failed.searchParams.set("error", "server_error");
    failed.searchParams.set("error_description", "<script>alert(1)</script>no");
    const opened = await server.open(failed, member.browser.cookie);
    expect(opened.text).toContain("it failed itself (error &quot;server_error&quot;");
    expect(opened.text).toContain('href="/w/con-iss/accounts?server=guarded"');
    expect(opened.text).not.toContain("<script");
    expect(await server.stats()).toMatchObject({ tokenForms: [] });
  });

  test("ends with the code of a refused token request, whatever its description is", async () => {
    const server = await ProtectedServer.add("con-code");
    const pageAfter = async (error: object) => {
      const to = (await server.begin()).body.to;
      await server.control({ tokenError: { status: 400, ...error } });
      return (await server.open(await server.consent(to))).text;
    };
    expect(
      await pageAfter({ error: "invalid_client", error_description: "<b>gone</b>" }),
    ).toContain("it refuses the request for tokens (error &quot;invalid_client&quot;)");
    expect(
      await pageAfter({ error: "invalid_grant", error_description: "The code is old" }),
    ).toContain("(error &quot;invalid_grant&quot;: &quot;The code is old&quot;)");
    expect(await pageAfter({ error: "123", error_description: "Odd" })).toContain(
      "(with an error code that cannot be shown: &quot;Odd&quot;)",
    );
  });

  test("uses the scope of the challenge, and registers once for an authorization server", async () => {
    const server = await ProtectedServer.connected("con-scope", { scope: "calls" });
    await server.connect();
    const { registrations, authorizations } = await server.stats();
    expect([registrations, new URLSearchParams(authorizations[0]).get("scope")]).toEqual([
      1,
      "calls offline_access",
    ]);
  });

  test("uses a client id and secret that an admin enters, and says where to register without", async () => {
    const server = await ProtectedServer.add("con-entered", {
      metadata: { registration_endpoint: null },
    });
    const refused = refusalOf(await server.begin());
    expect(refused).toContain(`with the redirect address ${CALLBACK}`);
    await server.connect({ client: { id: "mine", secret: "s3cretvalue" } });
    // The second sign-in knows it.
    await server.connect();
    const { authorizationHeaders } = await server.stats();
    const basic = `Basic ${btoa("mine:s3cretvalue")}`;
    expect(authorizationHeaders).toEqual([basic, basic]);
    const row = await bindings.DB.prepare("SELECT * FROM upstream_clients WHERE client_id = ?")
      .bind("mine")
      .first();
    expect(JSON.stringify(row)).not.toContain("s3cretvalue");
  });

  test("has no metadata document at a host that is not public, and registers there", async () => {
    const server = await ProtectedServer.add("con-cimd", {
      metadata: { client_id_metadata_document_supported: true },
    });
    expect((await send("/oauth/client.json")).status).toBe(404);
    const { body } = await server.begin();
    expect(new URL(body.to).searchParams.get("client_id")).toBe("client-1");
  });

  test("is undone by a changed URL and by a disconnection, and the tokens are revoked", async () => {
    const server = await ProtectedServer.connected("con-ended");
    await server.owner.send("PATCH", server.path, { url: `${server.base}/mcp?x=1` });
    expect(await server.state()).not.toMatchObject({ state: "connected" });
    await expect.poll(async () => (await server.stats()).revoked.length).toBe(1);
    await server.owner.send("PATCH", server.path, { url: `${server.base}/mcp` });
    await server.connect();
    expect(await server.owner.send("DELETE", `${server.path}/connection`)).toMatchObject({
      status: 204,
    });
    await expect.poll(async () => (await server.stats()).revoked.length).toBe(2);
    expect(await server.call()).toContain("needs a new sign-in");
    expect((await server.stats()).revoked.join()).toMatch(/^rt-\w+,rt-\w+$/);
    // A new sign-in replaces the one before, which some authorization servers take for the same.
    await server.connect();
    await server.connect();
    expect(await server.call()).toBe("ok");
    expect((await server.stats()).revoked.length).toBe(2);
  });
});
