import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { bindings, callTool, change, upstreamStats } from "../support/gateway-client.ts";
import { createWorkspace, manage, refusalOf } from "../support/management-client.ts";

const url = (path: string) => `${inject("hostileUrl")}/ok/${path}`;

describe("a header that is not an admin's to set", () => {
  test.each([
    ["cookies", "Cookie cookie2 Set-Cookie"],
    ["the platform's", "CF-Connecting-IP cf-access-client-id CDN-Loop True-Client-IP"],
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
      "the gateway's",
      "Host Content-Length Content-Type Content-Encoding Accept Accept-Encoding User-Agent Mcp-Session-Id Mcp-Protocol-Version Mcp-Method mcp-name Mcp-Param-X mcp-anything Last-Event-ID Mcpnest-Via mcpnest-call-timeout-ms",
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
