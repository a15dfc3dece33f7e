import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { bindings, callTool, change, upstreamStats } from "../support/gateway-client.ts";
import { createWorkspace, manage, refusalOf } from "../support/management-client.ts";

const url = (path: string) => `${inject("hostileUrl")}/ok/${path}`;

describe("a header that is not an admin's to set", () => {
  test.each([
    ["cookies", "Cookie cookie2 Set-Cookie"],
    [
      "the platform's",
      "CF-Connecting-IP cf-access-jwt-assertion cf_access_client_id CDN-Loop True-Client-IP",
    ],
    [
      "a proxy's",
      "X-Forwarded-For x-forwarded-host X-Forwarded-Proto x-forwarded-anything Forwarded Via X-Real-IP x-client-ip x-original-url Proxy-Authorization proxy-connection Max-Forwards",
    ],
    [
      "hop-by-hop",
      "Connection Keep-Alive TE Trailer Transfer-Encoding Upgrade Expect HTTP2-Settings",
    ],
    ["a browser's", "Sec-Fetch-Site sec-gpc"],
    [
      "a client's address",
      "x-forwarded x_forwarded_for x-forwarded_for x-forward-for x-vercel-forwarded-for fly-client-ip do-connecting-ip fastly-client-ip x-azure-clientip x-azure-socketip x-envoy-external-address x-originating-ip x-remote-ip x-remote-addr wl-proxy-client-ip x-cluster-client-ip",
    ],
    [
      "a client's identity",
      "remote-user x-remote-user X_Remote_User x-remote-group x-remote-extra-scopes x-webauth-user x-authenticated-userid x-auth-request-email x-goog-iap-jwt-assertion x-goog-authenticated-user-email x-ms-client-principal x-ms-client-principal-id x-amzn-oidc-data x-appengine-user-id x-ssl-client-verify client-cert x-arr-clientcert",
    ],
    ["the way of a request", "x-host x-original-host proxy x-original-uri"],
    [
      "the gateway's",
      "Host Content-Length Content-Type Content-Encoding Accept Accept-Encoding User-Agent Mcp-Session-Id Mcp-Protocol-Version Mcp-Method mcp-name Mcp-Param-X mcp-anything Last-Event-ID Mcpnest-Via mcpnest-call-timeout-ms content_length mcp_session_id",
    ],
  ])(
    "is refused as header and as credential, when a server is added, changed and tested: %s",
    async (kind, names) => {
      const path = await createWorkspace(`headers-${kind.replaceAll(/[^a-z]/g, "")}`);
      await manage("POST", `${path}/servers`, { slug: "known", url: url("headers") });
      for (const name of names.split(" ")) {
        for (const field of ["headers", "credentials"]) {
          const given = { [field]: { [name]: "value" } };
          const refused = [
            await manage("POST", `${path}/servers`, { slug: "new", url: url("headers"), ...given }),
            await manage("PATCH", `${path}/servers/known`, given),
            await manage("POST", `${path}/server-tests`, { url: url("headers"), ...given }),
          ];
          for (const response of refused)
            expect(refusalOf(response)).toMatch(
              new RegExp(`^400 invalid: ${field}\\.${name}: .*(leave it out|no cookies)`),
            );
        }
      }
      expect((await manage("GET", `${path}/servers`)).body.items).toHaveLength(1);
    },
  );

  test("is not one that callers of an API set: keys, regions, versions, applications", async () => {
    const path = await createWorkspace("headers-of-apis");
    const names =
      "x-region x-goog-user-project x-ms-version x-ms-client-request-id x-client-id x-client-name x-client-version x-remote-config x-user-id x-request-id x-rapidapi-host x-target-host x-vercel-protection-bypass fly-prefer-region x-amz-date x-tooltip x-ship x-zip x-proxy-country x_team".split(
        " ",
      );
    const keys = ["authorization", "x-api-key", "x_api_key", "x-goog-api-key", "cookie-key"];
    const valuesOf = (given: string[]) => Object.fromEntries(given.map((name) => [name, "value"]));
    const added = await manage("POST", `${path}/servers`, {
      slug: "api",
      url: url("headers-of-apis"),
      headers: valuesOf(names),
      credentials: valuesOf(keys),
    });
    expect(added).toMatchObject({ status: 201, body: { server: { headers: valuesOf(names) } } });
  });

  test("is not the service token of Cloudflare Access, whose secret must be a credential", async () => {
    const path = await createWorkspace("access-token");
    const id = { "CF-Access-Client-Id": "4f.access" };
    const secret = { "CF-Access-Client-Secret": "0123456789abcdef" };
    const input = { slug: "behind-access", url: url("access-token") };
    const misplaced = await manage("POST", `${path}/servers`, { ...input, headers: secret });
    expect(refusalOf(misplaced)).toMatch(/put it into credentials/);
    const added = await manage("POST", `${path}/servers`, {
      ...input,
      credentials: { ...id, ...secret },
    });
    expect(added.body.check.error).toBeNull();
    expect((await upstreamStats("/ok/access-token")).last?.headers).toMatchObject({
      "cf-access-client-id": "4f.access",
      "cf-access-client-secret": "0123456789abcdef",
    });
  });

  test("is refused by its value, too: control characters, other alphabets and 8 KiB and more", async () => {
    const path = await createWorkspace("header-values");
    for (const value of ["a\r\nx: y", "a\nb", "a\0b", "é", "日本", "", "x".repeat(8_193), "\x7f"])
      for (const field of ["headers", "credentials"]) {
        const given = { url: url("header-values"), [field]: { "x-team": value } };
        for (const route of ["servers", "server-tests"]) {
          const body = route === "servers" ? { slug: "new", ...given } : given;
          expect(refusalOf(await manage("POST", `${path}/${route}`, body))).toMatch(/^400 invalid/);
        }
      }
  });

  test("that an earlier release stored is not sent, is named to the admin, and can be removed", async () => {
    const slug = "stored-headers";
    const path = await createWorkspace(slug);
    const headers = { "x-team": "blue" };
    const credentials = { "x-key": "secret-value", "x-old": "secret-value" };
    const input = { slug: "up", url: url(slug), headers, credentials };
    expect((await manage("POST", `${path}/servers`, input)).status).toBe(201);
    await storeOldHeaders(slug);
    const { token } = await change(slug, { type: "token.create", input: { label: "t" } });
    const { message } = await callTool({ slug, token }, "echo", { text: "x" });
    expect(message.error).toBeUndefined();
    const { last } = await upstreamStats(`/ok/${slug}`);
    expect(last?.headers).toMatchObject({ "x-team": "blue", "x-key": "secret-value" });
    expect(last?.headers["cookie"]).toBeUndefined();
    expect(last?.headers["x-forwarded-for"]).toBeUndefined();
    const warningsOf = async () =>
      (await manage("GET", `${path}/servers/up/tool-catalogue`)).body.warnings.join("\n");
    expect(await warningsOf()).toMatch(/header cookie is stored but not sent/);
    expect(await warningsOf()).toMatch(/header x-forwarded-for is stored but not sent/);
    expect((await manage("PATCH", `${path}/servers/up`, { name: "Up" })).status).toBe(200);
    const cleaned = { headers, credentials: { "x-forwarded-for": null } };
    expect((await manage("PATCH", `${path}/servers/up`, cleaned)).status).toBe(200);
    expect(await warningsOf()).toBe("");
  });
});

/** Gives the stored server a plain header `cookie`, and renames its credential `x-old`, as D1 and the object have them. */
async function storeOldHeaders(slug: string): Promise<void> {
  await bindings.DB.prepare(
    `UPDATE servers SET headers = json_set(headers, '$.cookie', 'a=b'),
       credentials = replace(credentials, '"x-old"', '"x-forwarded-for"')
     WHERE workspace_id = (SELECT id FROM workspaces WHERE slug = ?)`,
  )
    .bind(slug)
    .run();
  const workspace = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(workspace, (_instance, state) => {
    state.storage.sql.exec(
      `UPDATE entities SET json = replace(json_set(json, '$.headers.cookie', 'a=b'), '"x-old"', '"x-forwarded-for"')
       WHERE kind = 'server'`,
    );
  });
  await evictDurableObject(workspace);
}
