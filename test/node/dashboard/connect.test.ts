import { describe, expect, test } from "vitest";
import { CLIENTS } from "../../../web/src/connect/clients.ts";

const connection = {
  name: "data-team",
  url: "https://mcp.example.com/api/gw/data-team",
  token: `mng_${"0".repeat(48)}`,
};
const findClient = (id: string) => {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
};
const parse = (id: string): unknown => JSON.parse(findClient(id).config(connection));
const bearer = `Bearer ${connection.token}`;

describe("client configurations", () => {
  test.each([
    ["claude-code", { type: "http", headers: { Authorization: "Bearer ${MCPNEST_TOKEN}" } }],
    ["cursor", { headers: { Authorization: "Bearer ${env:MCPNEST_TOKEN}" } }],
    ["cline", { type: "streamableHttp", headers: { Authorization: bearer } }],
    [
      "copilot-cli",
      { type: "http", headers: { Authorization: "Bearer ${MCPNEST_TOKEN}" }, tools: ["*"] },
    ],
  ])(
    "the %s configuration has the URL and its client-specific fields under mcpServers",
    (id, fields) => {
      expect(parse(id)).toEqual({
        mcpServers: { "data-team": { ...fields, url: connection.url } },
      });
    },
  );

  test("the windsurf, gemini-cli and zed configurations use each client's own key names", () => {
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

  test("the opencode configuration has a remote server under mcp", () => {
    const headers = { Authorization: "Bearer {env:MCPNEST_TOKEN}" };
    expect(parse("opencode")).toEqual({
      mcp: { "data-team": { type: "remote", url: connection.url, headers } },
    });
  });

  test("the vscode configuration prompts for the token", () => {
    expect(parse("vscode")).toMatchObject({
      inputs: [{ id: "mcpnest-token", password: true }],
      servers: { "data-team": { headers: { Authorization: "Bearer ${input:mcpnest-token}" } } },
    });
  });

  test("the claude-desktop configuration runs mcp-remote with a header argument without spaces", () => {
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

  test("the codex configuration reads the token from an environment variable", () => {
    expect(findClient("codex").config(connection)).toBe(
      `[mcp_servers.data-team]\nurl = "${connection.url}"\nbearer_token_env_var = "MCPNEST_TOKEN"`,
    );
  });
});

describe("client install links", () => {
  test("the Cursor install link decodes to the configuration that the dashboard displays", () => {
    const link = findClient("cursor").link?.(connection);
    const url = new URL(link?.href ?? "");
    const config = Buffer.from(url.searchParams.get("config") ?? "", "base64").toString("utf8");
    expect(url.searchParams.get("name")).toBe("data-team");
    expect(JSON.parse(config)).toEqual(link?.decoded);
  });

  test("the VS Code install link decodes to the configuration that the dashboard displays", () => {
    const link = findClient("vscode").link?.(connection);
    expect(JSON.parse(decodeURIComponent((link?.href ?? "").split("?")[1] ?? ""))).toEqual(
      link?.decoded,
    );
  });

  test("no install link contains the token", () => {
    const links = CLIENTS.flatMap(({ link }) => link?.(connection) ?? []);
    expect(links).toHaveLength(2);
    for (const { href, decoded } of links)
      expect(
        `${href} ${atob(/config=(\w+)/.exec(href)?.[1] ?? "")} ${JSON.stringify(decoded)}`,
      ).not.toContain(connection.token);
  });
});
