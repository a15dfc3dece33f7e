import { describe, expect, test } from "vitest";
import { CLIENTS } from "../../../web/src/connect/clients.ts";

const connection = {
  name: "data-team",
  url: "https://mcp.example.com/api/gw/data-team",
  token: `mng_${"0".repeat(48)}`,
};
const clientOf = (id: string) => {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
};
const parse = (id: string): unknown => JSON.parse(clientOf(id).config(connection));
const bearer = `Bearer ${connection.token}`;

describe("what is pasted into a client", () => {
  test.each([
    ["claude-code", { type: "http", headers: { Authorization: "Bearer ${MCPNEST_TOKEN}" } }],
    ["cursor", { headers: { Authorization: "Bearer ${env:MCPNEST_TOKEN}" } }],
    ["cline", { type: "streamableHttp", headers: { Authorization: bearer } }],
  ])("%s: the URL under mcpServers, with that client's own fields", (id, fields) => {
    expect(parse(id)).toEqual({ mcpServers: { "data-team": { ...fields, url: connection.url } } });
  });

  test("windsurf, gemini-cli and zed have names of their own for the URL or its place", () => {
    const headers = { Authorization: bearer };
    expect(parse("windsurf")).toMatchObject({
      mcpServers: { "data-team": { serverUrl: connection.url } },
    });
    expect(parse("gemini-cli")).toEqual({
      mcpServers: { "data-team": { httpUrl: connection.url, headers } },
    });
    expect(parse("zed")).toEqual({
      context_servers: { "data-team": { url: connection.url, headers } },
    });
  });

  test("vscode asks for the token itself", () => {
    expect(parse("vscode")).toMatchObject({
      inputs: [{ id: "mcpnest-token", password: true }],
      servers: { "data-team": { headers: { Authorization: "Bearer ${input:mcpnest-token}" } } },
    });
  });

  test("claude-desktop goes through mcp-remote, without a space that would split the header", () => {
    expect(parse("claude-desktop")).toEqual({
      mcpServers: {
        "data-team": {
          command: "npx",
          args: ["-y", "mcp-remote", connection.url, "--header", "Authorization:${AUTH}"],
          env: { AUTH: bearer },
        },
      },
    });
  });

  test("codex reads the token from a variable", () => {
    expect(clientOf("codex").config(connection)).toBe(
      `[mcp_servers.data-team]\nurl = "${connection.url}"\nbearer_token_env_var = "MCPNEST_TOKEN"`,
    );
  });
});

describe("a link that installs", () => {
  test("decodes to what is shown beside it: Cursor", () => {
    const link = clientOf("cursor").link?.(connection);
    const url = new URL(link?.href ?? "");
    const config = Buffer.from(url.searchParams.get("config") ?? "", "base64").toString("utf8");
    expect(url.searchParams.get("name")).toBe("data-team");
    expect(JSON.parse(config)).toEqual(link?.decoded);
  });

  test("decodes to what is shown beside it: VS Code", () => {
    const link = clientOf("vscode").link?.(connection);
    expect(JSON.parse(decodeURIComponent((link?.href ?? "").split("?")[1] ?? ""))).toEqual(
      link?.decoded,
    );
  });

  test("never holds the token", () => {
    const links = CLIENTS.flatMap(({ link }) => link?.(connection) ?? []);
    expect(links).toHaveLength(2);
    for (const { href, decoded } of links)
      expect(
        `${href} ${atob(/config=(\w+)/.exec(href)?.[1] ?? "")} ${JSON.stringify(decoded)}`,
      ).not.toContain(connection.token);
  });
});
