import { describe, expect, test } from "vitest";
import { readPage } from "../../../workers/marketplace/registry-page.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import {
  callTool,
  change,
  makeMember,
  makeWorkspace,
  send,
  type Client,
} from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";

const SECRET = "registry-credential-value";

/** A workspace with these servers, each with one tool, a credential and a header. */
async function makeRegistry(slug: string, servers = ["alpha", "beta"]): Promise<Client> {
  const client = await makeWorkspace(slug, {});
  for (const server of servers) {
    const url = await setLists(`${slug}-${server}`, { tools: [`use_${server}`] });
    const input = {
      slug: server,
      url,
      name: `The ${server} server`,
      credentials: { "x-key": SECRET },
    };
    await change(slug, { type: "server.create", input });
  }
  return client;
}

/** Reads an address below the registry's; `token` null: without one. */
async function read(
  slug: string,
  path: string,
  token: string | null,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string; body: Json }> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const response = await send(`/api/registry/${slug}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === "" ? null : JSON.parse(text),
  };
}

const namesOf = ({ body }: { body: Json }): string[] =>
  body.servers.map(({ server }: Json) => server.name);

describe("the registry of a workspace", () => {
  test("lists its servers as a client of registries reads them, with the gateway's address of each", async () => {
    const { token } = await makeRegistry("registry-read", ["alpha", "beta", "token"]);
    const { status, text, body, headers } = await read("registry-read", "/v0.1/servers", token);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    const { entries, rejected } = readPage(body);
    expect(rejected).toEqual([]);
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      status: "active",
      isLatest: true,
      publishedAt: expect.any(Number),
      updatedAt: expect.any(Number),
      document: {
        name: "test.gateway.registry-read/alpha",
        title: "The alpha server",
        version: "1.0.0",
        remotes: [
          {
            type: "streamable-http",
            url: "https://gateway.test/api/gw/registry-read/alpha",
            headers: [
              {
                name: "Authorization",
                isRequired: true,
                isSecret: true,
                value: "Bearer {token}",
                variables: { token: { isRequired: true, isSecret: true } },
              },
            ],
          },
        ],
      },
    });
    for (const hidden of [SECRET, "x-key", "127.0.0.1", "localhost", "use_alpha"])
      expect(text).not.toContain(hidden);
    expect((await read("registry-read", "/v0/servers", token)).body).toEqual(body);
    // What the entry leads to is the server.
    const path = new URL(entries[0]?.document.remotes[0]?.url ?? "").pathname;
    const client = { slug: path.replace("/api/gw/", ""), token };
    expect((await callTool(client, "use_alpha")).message.result.content[0].text).toContain(
      "use_alpha",
    );
  });

  test("has one version of each server, under its name as a part of the path", async () => {
    const { token } = await makeRegistry("registry-versions");
    const at = (path: string) => read("registry-versions", `/v0.1/servers/${path}`, token);
    const encoded = "test.gateway.registry-versions%2Fbeta";
    const latest = await at(`${encoded}/versions/latest`);
    expect(latest.body.server).toMatchObject({ name: "test.gateway.registry-versions/beta" });
    expect((await at(`${encoded}/versions/1.0.0`)).body).toEqual(latest.body);
    expect((await at(`${encoded}/versions`)).body).toEqual({
      servers: [latest.body],
      metadata: { count: 1 },
    });
    const missing = [
      `${encoded}/versions/2.0.0`,
      "test.gateway.registry-versions%2Fnone/versions/latest",
      "test.gateway.other%2Fbeta/versions",
      "%ff/versions/latest",
      encoded,
    ];
    for (const path of missing) expect((await at(path)).status).toBe(404);
  });

  test("is searched, paged and narrowed to what changed since an instant", async () => {
    const { token } = await makeRegistry("registry-query", ["a", "b", "c"]);
    const list = (query: string) => read("registry-query", `/v0.1/servers?${query}`, token);
    const short = async (query: string) =>
      namesOf(await list(query)).map((name) => name.split("/")[1]);
    expect(await short("search=THE%20B")).toEqual(["b"]);
    expect(await short("search=registry-query/c&version=latest")).toEqual(["c"]);
    // The host and the workspace are in all names.
    for (const text of ["GATE", "query"]) expect(await short(`search=${text}`)).toEqual([]);
    expect(await short("version=9.9.9")).toEqual([]);
    const first = await list("limit=2");
    expect(first.body.metadata).toEqual({
      count: 2,
      nextCursor: "test.gateway.registry-query/b:1.0.0",
    });
    const rest = await list(`limit=2&cursor=${encodeURIComponent(first.body.metadata.nextCursor)}`);
    expect(namesOf(rest)).toEqual(["test.gateway.registry-query/c"]);
    expect(rest.body.metadata).toEqual({ count: 1 });
    const all = (await list("")).body.servers as Json[];
    const times = all.map(({ _meta }) => Object.values<Json>(_meta)[0].updatedAt as string);
    const last = times.toSorted().at(-1) ?? "";
    const later = new Date(Date.parse(last) + 1).toISOString();
    expect(await short(`updated_since=${later}`)).toEqual([]);
    await manage("PATCH", "/workspaces/registry-query/servers/b", { name: "Renamed" });
    expect(await short(`updated_since=${later}`)).toEqual(["b"]);
    for (const query of ["limit=0", "limit=many", "updated_since=today", "cursor=x"]) {
      const refused = await list(query);
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toContain(query.split("=")[0]);
    }
  });

  test("shows each token what its owner may use, and no disabled server", async () => {
    const { token } = await makeRegistry("registry-rules", ["a", "b", "c"]);
    const names = async (by: string) =>
      namesOf(await read("registry-rules", "/v0.1/servers", by)).map((name) => name.split("/")[1]);
    const member = await makeMember("registry-rules", ["b:use_b", "c:*"]);
    expect(await names(token)).toEqual(["a", "b", "c"]);
    expect(await names(member.token)).toEqual(["b", "c"]);
    const hidden = "/v0.1/servers/test.gateway.registry-rules%2Fa/versions/latest";
    expect((await read("registry-rules", hidden, member.token)).status).toBe(404);
    await manage("PATCH", "/workspaces/registry-rules/servers/c", { enabled: false });
    expect(await names(member.token)).toEqual(["b"]);
    const { browser } = await makeJoinedUser("registry-rules", "member");
    const issued = await browser.send("POST", "/workspaces/registry-rules/me/temporary-tokens");
    expect(await names(issued.body.token)).toEqual(["a", "b"]);
    const suspended = `/workspaces/registry-rules/members/${member.memberId}/suspension`;
    await manage("PUT", suspended, {});
    const refused = await read("registry-rules", "/v0.1/servers", member.token);
    expect([refused.status, refused.body.error.code]).toEqual([403, "member_suspended"]);
  });

  test("answers strangers alike, whether the workspace exists or not, and limits wrong tokens", async () => {
    await makeRegistry("registry-strangers");
    const wrong = `mng_${"c".repeat(48)}`;
    const answers = [];
    for (const slug of ["registry-strangers", "registry-none"]) {
      for (const token of [null, "nonsense", wrong]) {
        for (const path of ["/v0.1/servers", "/v0.1/servers/a%2Fb/versions/latest"]) {
          const { status, body } = await read(slug, path, token);
          answers.push([status, body.error.code, body.error.message]);
        }
      }
    }
    expect(new Set(answers.map(String)).size).toBe(1);
    expect(answers[0]?.slice(0, 2)).toEqual([401, "unauthorized"]);
    const statuses = [];
    for (let i = 0; i < 31; i++) {
      const token = `mng_${i.toString(16).padStart(48, "d")}`;
      statuses.push((await read("registry-many-wrong", "/v0.1/servers", token)).status);
    }
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect(statuses[30]).toBe(429);
  });

  test("is readable without a token where an admin has chosen so, with its enabled servers and nothing else", async () => {
    const slug = "registry-public";
    const { token } = await makeRegistry(slug, ["a", "b"]);
    await manage("PATCH", `/workspaces/${slug}/servers/b`, { enabled: false });
    const owner = await makeOwner(slug);
    const { browser: member } = await makeJoinedUser(slug, "member");
    const patch = { publicRegistry: true };
    expect((await member.send("PATCH", `/workspaces/${slug}`, patch)).status).toBe(403);
    expect((await read(slug, "/v0.1/servers", null)).status).toBe(401);
    const changed = await owner.send("PATCH", `/workspaces/${slug}`, patch);
    expect(changed.body).toMatchObject(patch);
    const listed = await read(slug, "/v0.1/servers", null);
    expect(namesOf(listed)).toEqual([`test.gateway.${slug}/a`]);
    expect(listed.text).not.toContain(SECRET);
    expect(listed.text).not.toContain("127.0.0.1");
    expect(listed.body).toEqual((await read(slug, "/v0.1/servers", token)).body);
    // A token that is not valid is refused, even here.
    expect((await read(slug, "/v0.1/servers", `mng_${"a".repeat(48)}`)).status).toBe(401);
    const { items } = (await manage("GET", `/workspaces/${slug}/audit-events?limit=1`)).body;
    expect(items[0]).toMatchObject({ action: "workspace.updated", detail: patch });
    expect(items[0].summary).toContain("opened the registry to readers without a token");
    await owner.send("PATCH", `/workspaces/${slug}`, { publicRegistry: false });
    expect((await read(slug, "/v0.1/servers", null)).status).toBe(401);
  });

  test("lets pages of other origins read it, and takes no other method", async () => {
    const { token } = await makeRegistry("registry-cors", ["a"]);
    const preflight = await read("registry-cors", "/v0.1/servers", null, {
      method: "OPTIONS",
      headers: { origin: "https://vscode.dev", "access-control-request-headers": "authorization" },
    });
    expect(preflight.status).toBe(204);
    const answers = [
      preflight,
      await read("registry-cors", "/v0.1/servers", token),
      await read("registry-cors", "/v0.1/servers", null),
      await read("registry-cors", "/v0.1/servers/x%2Fy/versions/latest", token),
    ];
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-methods")).toBe("GET, OPTIONS");
      expect(headers.get("access-control-allow-headers")).toBe("Authorization, Content-Type");
    }
    const posted = await read("registry-cors", "/v0.1/servers", token, {
      method: "POST",
      body: "{}",
    });
    expect(posted.status).toBe(405);
    expect((await send("/api/registry/registry-cors/v0.1/servers", {}, "evil.test")).status).toBe(
      403,
    );
    for (const path of ["/v0.2/servers", "/v0.1/publish", ""])
      expect((await read("registry-cors", path, token)).status).toBe(404);
  });
});
