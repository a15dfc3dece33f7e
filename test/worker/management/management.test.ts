import { describe, expect, inject, test, vi } from "vitest";
import { app } from "../../../workers/app.ts";
import { management } from "../../../workers/management/management.ts";
import { bindings, HOST, send } from "../support/gateway-client.ts";
import {
  createWorkspace,
  manage,
  OPERATOR_KEY,
  refusalOf,
  responseTexts,
} from "../support/management-client.ts";

/** Every route that the description names, with a body where one is needed. */
async function describedRoutes(): Promise<[method: string, path: string][]> {
  const { body } = await manage("GET", "/openapi.json");
  return Object.entries<Record<string, { security?: [] }>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // The others are the sign-in routes, and those that visitors may use: their own tests check what they accept.
      .filter(([, { security }]) => security === undefined)
      .map(([method]): [string, string] => [method.toUpperCase(), path]),
  );
}

const upstream = () => `${inject("hostileUrl")}/ok`;

/** The first response of this file. */
const firstResponse = responseTexts.length;

describe("the operator key", () => {
  test("every route needs the operator key or a sign-in, and the refusal reveals nothing", async () => {
    await createWorkspace("locked");
    const routes = await describedRoutes();
    expect(routes.length).toBeGreaterThan(25);
    const bad = [
      {},
      { authorization: "" },
      { authorization: OPERATOR_KEY },
      { authorization: "Bearer" },
      { authorization: `Bearer ${OPERATOR_KEY}x` },
      { authorization: `Bearer ${OPERATOR_KEY.toUpperCase()}` },
      { authorization: `Basic ${btoa(`operator:${OPERATOR_KEY}`)}` },
      { "x-api-key": OPERATOR_KEY },
    ];
    const seen = new Set<string>();
    // Failures are limited by address.
    let address = 0;
    for (const [method, path] of [...routes, ["GET", "/nothing"]]) {
      const url = path?.replace("{workspace}", "locked").replaceAll(/\{\w+\}/g, "x") ?? "";
      for (const headers of bad) {
        const response = await manage(method ?? "", url, undefined, {
          headers: { ...headers, "cf-connecting-ip": `2001:db8:0:${(address++).toString(16)}::1` },
        });
        expect(response.headers.get("www-authenticate")).toBe("Bearer");
        seen.add(refusalOf(response));
      }
    }
    expect([...seen]).toEqual([expect.stringMatching(/^401 unauthorized: Sign in, or send a key/)]);
  });

  test.each([undefined, "", "short-key"])(
    "an operator key of %j refuses every caller",
    async (key) => {
      const response = await management.request(
        "/workspaces",
        { headers: { host: HOST, authorization: `Bearer ${key ?? "undefined"}` } },
        { ...bindings, MCPNEST_OPERATOR_KEY: key },
      );
      expect(response.status).toBe(401);
    },
  );

  test("the OpenAPI document needs no key and names every schema", async () => {
    const { status, body } = await manage("GET", "/openapi.json", undefined, { headers: {} });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      openapi: "3.1.0",
      servers: [{ url: "/api" }],
      security: [{ operatorKey: [] }, { apiKey: [] }, { browserSession: [] }],
    });
    expect(Object.keys(body.components.schemas)).toEqual(
      expect.arrayContaining([
        "Workspace",
        "Server",
        "Member",
        "Token",
        "ToolCall",
        "AuditEvent",
        "Health",
        "Error",
      ]),
    );
    // What a server shows is named by a digest, which is no secret.
    const schemas = Object.entries(body.components.schemas).filter(
      ([name]) => !/Contract|McpLock|SkillFile|^ServerTest$|^PackageComparison$/.test(name),
    );
    const named = schemas.filter(([, schema]) =>
      /digest|wrappedKey|sealed/.test(JSON.stringify(schema)),
    );
    expect(named.map(([name]) => name)).toEqual([]);
  });
});

describe("a malformed request", () => {
  test("a malformed request is refused with the field and advice", async () => {
    const path = await createWorkspace("described");
    const refused = async (method: string, url: string, body?: unknown) =>
      refusalOf(await manage(method, url, body));
    expect(await refused("POST", "/workspaces", { slug: "Not A Slug", name: "x" })).toMatch(
      /^400 invalid: slug: use 1 to 39 of/,
    );
    expect(await refused("POST", "/workspaces", { slug: "x" })).toMatch(/^400 invalid: name: /);
    expect(await refused("POST", "/workspaces", "{")).toMatch(/^400 invalid: .*must be JSON/);
    expect(await refused("POST", "/workspaces")).toMatch(/^400 invalid: /);
    expect(await refused("PATCH", path, { id: "ws_mine" })).toMatch(/^400 invalid: .*"id"/);
    expect(await refused("PATCH", path, { limits: { perAddressPerMinute: 0 } })).toMatch(
      /^400 invalid: limits\.perAddressPerMinute: /,
    );
    expect(await refused("POST", `${path}/servers`, { slug: "a", url: "ftp://x" })).toMatch(
      /^400 invalid: url: /,
    );
    expect(
      await refused("POST", `${path}/servers`, {
        slug: "a",
        url: upstream(),
        credentials: { "x-a": "sec\nret" },
      }),
    ).toMatch(/^400 invalid: credentials\.x-a: use visible ASCII/);
    expect(await refused("PUT", `${path}/members/x/rules`, { rules: ["no colon"] })).toMatch(
      /^400 invalid: rules\.0: write server_slug/,
    );
    expect(await refused("GET", `${path}/tool-calls?limit=501`)).toMatch(/^400 invalid: limit: /);
    expect(await refused("GET", `${path}/tool-calls?sever=a`)).toMatch(/^400 invalid: .*"sever"/);
    expect(await refused("GET", `${path}/tool-calls?cursor=x`)).toMatch(/^400 invalid: cursor: /);
    expect(await refused("GET", `${path}/tool-calls/export`)).toMatch(/^400 invalid: format: /);
  });

  test("a request with a wrong content type or size is refused unread", async () => {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "text/plain" };
    const wrongType = await manage("POST", "/workspaces", "{}", { headers });
    expect(refusalOf(wrongType)).toMatch(/^415 unsupported_media_type: /);
    const large = { slug: "large", name: "x".repeat(1024 * 1024) };
    expect(refusalOf(await manage("POST", "/workspaces", large))).toMatch(/^413 too_large: /);
  });

  test("a request to an unknown address gets a JSON error", async () => {
    expect(refusalOf(await manage("GET", "/nothing"))).toMatch(/^404 not_found: /);
    expect(refusalOf(await manage("PUT", "/workspaces"))).toMatch(/^404 not_found: /);
  });
});

describe("an entity of another workspace", () => {
  test("an entity of another workspace gets the same response as one that does not exist", async () => {
    const [mine, theirs] = [await createWorkspace("own"), await createWorkspace("theirs")];
    await manage("POST", `${theirs}/servers`, { slug: "secret", url: upstream() });
    const member = (await manage("POST", `${theirs}/members`, { name: "Ann" })).body.id;
    const token = (await manage("POST", `${theirs}/tokens`, { label: "x" })).body.record.id;
    const routes: [method: string, theirs: string, unknown: string, body?: unknown][] = [
      ["GET", "/servers/secret", "/servers/none"],
      ["PATCH", "/servers/secret", "/servers/none", { name: "x" }],
      ["DELETE", "/servers/secret", "/servers/none"],
      ["GET", "/servers/secret/tools", "/servers/none/tools"],

      ["POST", "/servers/secret/check", "/servers/none/check"],
      ["GET", "/health?server=secret", "/health?server=none"],
      ["GET", `/members/${member}`, "/members/mem_x"],
      ["PATCH", `/members/${member}`, "/members/mem_x", { name: "x" }],
      ["DELETE", `/members/${member}`, "/members/mem_x"],
      ["GET", `/members/${member}/rules`, "/members/mem_x/rules"],
      ["PUT", `/members/${member}/rules`, "/members/mem_x/rules", { rules: [] }],
      ["POST", "/tokens", "/tokens", { label: "x", memberId: member }],
      ["POST", `/tokens/${token}/rotate`, "/tokens/tok_x/rotate"],
      ["DELETE", `/tokens/${token}`, "/tokens/tok_x"],
    ];
    for (const [method, path, unknown, body] of routes) {
      const refused = refusalOf(await manage(method, mine + path, body));
      expect(refused).toMatch(/^404 not_found: /);
      expect(refused).toBe(
        refusalOf(
          await manage(
            method,
            mine + unknown,
            body === undefined
              ? body
              : { ...body, ...(unknown === "/tokens" ? { memberId: "mem_x" } : {}) },
          ),
        ),
      );
    }
    expect((await manage("GET", `${theirs}/members/${member}`)).status).toBe(200);
  });

  test("every route of a workspace that does not exist responds 404", async () => {
    for (const [method, path] of await describedRoutes()) {
      if (!path.includes("{workspace}")) continue;
      const url = path.replace("{workspace}", "nowhere").replaceAll(/\{\w+\}/g, "x");
      expect(refusalOf(await manage(method, url))).toBe(
        "404 not_found: There is no such workspace.",
      );
    }
  });
});

test("no response, event or file holds a secret that was sent or stored", async () => {
  const path = await createWorkspace("discreet");
  const secrets = ["upstream-secret-one-1234", "upstream-secret-two-5678"];
  const credentials = { authorization: `Bearer ${secrets[0]}` };
  const created = await manage("POST", `${path}/servers`, {
    slug: "s",
    url: upstream(),
    credentials,
  });
  expect(created.body.server.credentials).toEqual([
    {
      name: "authorization",
      lastFour: "1234",
      setAt: expect.any(Number),
      setBy: { id: "operator", name: null, hasLeft: false },
      expiresAt: null,
    },
  ]);
  await manage("PATCH", `${path}/servers/s`, { credentials: { "x-api-key": secrets[1] } });
  await manage("PATCH", `${path}/servers/s`, { credentials: { "x-api-key": `${secrets[1]}\n` } });
  await manage("GET", `${path}/servers/s`);
  await manage("GET", `${path}/servers`);
  await manage("GET", `${path}/audit-events`);
  for (const format of ["csv", "ndjson"])
    await manage("GET", `${path}/audit-events/export?format=${format}`);
  // Other files of this runtime have read contracts, which have digests.
  const texts = responseTexts.slice(firstResponse);
  const everything = texts.join("\n");
  for (const secret of secrets) expect(everything).not.toContain(secret);
  const withoutDocument = texts.filter((text) => !text.includes('"openapi":"3.1.0"'));
  expect(withoutDocument.join("\n")).not.toMatch(/"(digest|wrappedKey|sealed)"/);

  const stored = await bindings.DB.prepare(
    "SELECT digest AS secret FROM tokens UNION SELECT wrapped_key FROM workspaces UNION SELECT credentials FROM servers",
  ).all<{ secret: string }>();
  // Deleted workspaces have no key left, and most servers no credentials.
  const kept = stored.results.filter(({ secret }) => secret !== "" && secret !== "[]");
  for (const { secret } of kept) expect(everything).not.toContain(secret);
  expect(JSON.stringify(kept)).not.toContain(secrets[0]);
  const tokens = everything.match(/mng_[0-9a-f]{48}/g) ?? [];
  // A token is only in the response that created it.
  expect(new Set(tokens).size).toBe(tokens.length);
});

test("requests to the gateway bypass the management API", async () => {
  expect(
    (
      await send("/api/gw/none", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      })
    ).status,
  ).toBe(401);
});

test("an internal failure gives the caller a request id, and the log has its place under that id, without data", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const DB = {
    prepare() {
      throw new Error("SECRET in a message");
    },
  };
  const headers = { host: HOST, authorization: `Bearer ${OPERATOR_KEY}` };
  const response = await app.request("/api/workspaces", { headers }, { ...bindings, DB });
  const text = await response.text();
  const logged = log.mock.calls.flat().join("\n");
  log.mockRestore();
  expect(response.status).toBe(500);
  const { error } = JSON.parse(text) as { error: { code: string; requestId: string } };
  expect(error.code).toBe("internal");
  expect(JSON.parse(logged)).toMatchObject({ event: "request_failed", requestId: error.requestId });
  expect(text + logged).not.toContain("SECRET");
});

test("the management API serves only the listed hosts", async () => {
  expect((await send("/api/openapi.json", {}, "evil.test")).status).toBe(403);
  expect((await send("/api/openapi.json")).status).toBe(200);
});
