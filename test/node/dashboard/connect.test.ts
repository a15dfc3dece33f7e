import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type {
  Client,
  ConfigurationFile,
  Connection,
} from "../../../web/src/connect/clients/client.ts";
import { ALL_CLIENTS, CLIENTS } from "../../../web/src/connect/clients/clients.ts";
import { findSystem, SYSTEMS } from "../../../web/src/connect/clients/systems.ts";
import { toVariableStep } from "../../../web/src/connect/clients/variables.ts";
import { suggestTools, type Tool } from "../../../web/src/pages/connect/suggest-tools.ts";
import { toTokenVariable } from "../../../workers/contract/connection-name.ts";

const token = `mng_${"0".repeat(48)}`;
const url = "https://mcp.example.com/api/gw/data-team";
const connection = { name: "data-team", url, token, variable: toTokenVariable("data-team") };
const bearer = `Bearer ${token}`;
const variable = "MCPNEST_DATA_TEAM_TOKEN";

const findClient = (id: string): Client => {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
};
const PARSERS: Record<ConfigurationFile["language"], (text: string) => unknown> = {
  json: (text) => JSON.parse(text),
  toml: (text) => parseToml(text),
  yaml: (text) => parseYaml(text),
};
const parse = (file: ConfigurationFile | undefined, to: Connection = connection): unknown =>
  file && PARSERS[file.language](file.text(to));

const headers = { Authorization: bearer };
const prompted = {
  inputs: [
    {
      type: "promptString",
      id: "mcpnest-data-team",
      description: "mcpnest token for data-team",
      password: true,
    },
  ],
  servers: {
    "data-team": {
      type: "http",
      url,
      headers: { Authorization: "Bearer ${input:mcpnest-data-team}" },
    },
  },
};
const inServers = (server: object) => ({ mcpServers: { "data-team": server } });

/** What each client reads, written by hand from its documentation. */
const OWN: Record<string, object> = {
  "claude-code": inServers({ type: "http", url, headers }),
  "claude-desktop": inServers({
    command: "npx",
    args: ["-y", "mcp-remote", url, "--header", "Authorization:${AUTH}"],
    env: { AUTH: bearer },
  }),
  cursor: inServers({ url, headers }),
  vscode: prompted,
  windsurf: inServers({ serverUrl: url, headers }),
  zed: { context_servers: { "data-team": { url, headers } } },
  cline: inServers({ type: "streamableHttp", url, headers, disabled: false }),
  codex: { mcp_servers: { "data-team": { url, http_headers: headers } } },
  "gemini-cli": inServers({ httpUrl: url, headers }),
  goose: {
    extensions: {
      "data-team": {
        name: "data-team",
        type: "streamable_http",
        enabled: true,
        uri: url,
        headers,
        envs: {},
        env_keys: [],
        timeout: 300,
      },
    },
  },
  "lm-studio": inServers({ url, headers }),
  kiro: inServers({ url, headers }),
  "copilot-cli": inServers({ type: "http", url, headers, tools: ["*"] }),
  opencode: { mcp: { "data-team": { type: "remote", url, enabled: true, headers } } },
  continue: {
    mcpServers: [{ name: "data-team", type: "streamable-http", url, requestOptions: { headers } }],
  },
};

/** The configurations that a project shares. */
const SHARED: Record<string, object> = {
  "claude-code": inServers({
    type: "http",
    url,
    headers: { Authorization: `Bearer \${${variable}}` },
  }),
  cursor: inServers({ url, headers: { Authorization: `Bearer \${env:${variable}}` } }),
  vscode: prompted,
  codex: { mcp_servers: { "data-team": { url, bearer_token_env_var: variable } } },
  kiro: inServers({ url, headers: { Authorization: `Bearer \${${variable}}` } }),
  "copilot-cli": inServers({
    type: "http",
    url,
    headers: { Authorization: `Bearer \${${variable}}` },
    tools: ["*"],
  }),
  opencode: {
    mcp: {
      "data-team": {
        type: "remote",
        url,
        enabled: true,
        headers: { Authorization: `Bearer {env:${variable}}` },
      },
    },
  },
};

describe("client configurations", () => {
  test("there are instructions for exactly the fifteen clients", () => {
    expect(CLIENTS.map(({ id }) => id).toSorted()).toEqual(Object.keys(OWN).toSorted());
  });

  test("no two clients have the same mark, and its frame shows the kind", () => {
    const marks = new Set(ALL_CLIENTS.map(({ frame, monogram }) => `${frame} ${monogram}`));
    expect(marks.size).toBe(ALL_CLIENTS.length);
    for (const { frame, kind } of CLIENTS) expect(frame === "terminal").toBe(kind === "terminal");
  });

  test.each(Object.keys(OWN))("a person's own configuration of %s has its key names", (id) => {
    expect(parse(findClient(id).file)).toEqual(OWN[id]);
  });

  test("a project's configuration reads the variable of this workspace, and contains no token", () => {
    const shared = Object.fromEntries(
      CLIENTS.filter((client) => client.shared).map((client) => [client.id, parse(client.shared)]),
    );
    expect(shared).toEqual(SHARED);
    expect(JSON.stringify(shared)).not.toContain(token);
  });

  test("a name that YAML would read as a number or a boolean stays a name", () => {
    for (const name of ["123", "on", "null"])
      for (const id of ["goose", "continue"]) {
        const text = findClient(id).file.text({ ...connection, name });
        expect(JSON.stringify(parseYaml(text))).toContain(`"name":"${name}"`);
      }
  });

  test("before a token is created, every text has a placeholder instead", () => {
    for (const { file, command } of CLIENTS) {
      const without = { ...connection, token: null };
      const texts = [file.text(without), command?.(without) ?? ""].join("");
      expect(texts).not.toContain("null");
      expect(texts).toMatch(/<your token>|\$\{input:/);
    }
  });

  test("every system has its own paths and place of the log", () => {
    for (const { file, logs, troubles } of CLIENTS) {
      expect(file.paths.windows).toMatch(/^%(USERPROFILE|APPDATA)%\\[^/]+$/);
      expect(file.paths.macos).toMatch(/^~\/[^\\]+$/);
      for (const system of SYSTEMS) expect(logs[system]).not.toBe("");
      expect(troubles.length).toBeGreaterThanOrEqual(2);
    }
  });
});

const signInUrl = "https://mcp.example.com/mcp/data-team";
const signInConnection: Connection = {
  ...connection,
  url: signInUrl,
  token: null,
  signsIn: true,
};

/** What the clients read from which a person signs in: the address alone. */
const SIGNED_IN: Record<string, object> = {
  "claude-code": inServers({ type: "http", url: signInUrl }),
  "claude-desktop": inServers({ command: "npx", args: ["-y", "mcp-remote", signInUrl] }),
  cursor: inServers({ url: signInUrl }),
  vscode: { servers: { "data-team": { type: "http", url: signInUrl } } },
  windsurf: inServers({ serverUrl: signInUrl }),
  zed: { context_servers: { "data-team": { url: signInUrl } } },
  cline: inServers({ type: "streamableHttp", url: signInUrl, disabled: false }),
  codex: { mcp_servers: { "data-team": { url: signInUrl } } },
  "gemini-cli": inServers({ httpUrl: signInUrl }),
  goose: {
    extensions: {
      "data-team": {
        name: "data-team",
        type: "streamable_http",
        enabled: true,
        uri: signInUrl,
        envs: {},
        env_keys: [],
        timeout: 300,
      },
    },
  },
  "lm-studio": inServers({ url: signInUrl }),
  kiro: inServers({ url: signInUrl }),
  "copilot-cli": inServers({ type: "http", url: signInUrl, tools: ["*"] }),
  opencode: { mcp: { "data-team": { type: "remote", url: signInUrl, enabled: true } } },
};

describe("a client from which a person signs in", () => {
  const clients = CLIENTS.filter(({ signIn }) => signIn);

  test("has a configuration with the address alone, its own and the project's", () => {
    const own = clients.map(({ id, file }) => [id, parse(file, signInConnection)]);
    expect(Object.fromEntries(own)).toEqual(SIGNED_IN);
    for (const { id, file, shared = file } of clients)
      expect(parse(shared, signInConnection)).toEqual(SIGNED_IN[id]);
  });

  test("gets commands and links with the address alone", () => {
    const commands = clients.flatMap(({ signIn }) =>
      signIn?.first === "command" ? signIn.command(signInConnection) : [],
    );
    expect(commands).toEqual([
      `claude mcp add --scope user --transport http data-team ${signInUrl}`,
      `codex mcp add data-team --url ${signInUrl}\ncodex mcp login data-team`,
      `gemini mcp add data-team ${signInUrl} --scope user --transport http`,
    ]);
    const links = clients.flatMap(({ link }) => link?.(signInConnection).decoded ?? []);
    expect(links).toEqual([
      { url: signInUrl },
      { name: "data-team", type: "http", url: signInUrl },
    ]);
  });

  test("needs no file if it runs in a browser: the address is enough for Claude and ChatGPT", () => {
    const web = ALL_CLIENTS.filter(({ kind }) => kind === "web");
    expect(web.map(({ id }) => id)).toEqual(["claude-ai", "chatgpt"]);
    for (const { signIn } of web) expect(signIn?.first).toBe("address");
  });
});

describe("the variable of a token", () => {
  test("each workspace has its own", () => {
    expect(toTokenVariable("data-team")).toBe(variable);
    expect(toTokenVariable("acme")).toBe("MCPNEST_ACME_TOKEN");
  });

  test("it is set for good, for apps as well as for terminals", () => {
    const toCommand = (id: string, system: (typeof SYSTEMS)[number]) =>
      toVariableStep(findClient(id), system, connection).command;
    expect(toCommand("codex", "macos")).toBe(`echo 'export ${variable}="${token}"' >> ~/.zshrc`);
    expect(toCommand("codex", "linux")).toContain("~/.bashrc");
    expect(toCommand("codex", "windows")).toBe(`setx ${variable} "${token}"`);
    expect(toCommand("cursor", "macos")).toBe(`launchctl setenv ${variable} "${token}"`);
    expect(toCommand("cursor", "linux")).toContain("environment.d");
    expect(toCommand("cursor", "windows")).toBe(`setx ${variable} "${token}"`);
  });

  test("the operating system is found in the User-Agent", () => {
    const agents = {
      windows: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
      macos: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
      linux: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    };
    for (const [system, agent] of Object.entries(agents)) expect(findSystem(agent)).toBe(system);
  });
});

describe("client install links", () => {
  test("the Cursor install link decodes to the configuration that the dashboard displays", () => {
    const link = findClient("cursor").link?.(connection);
    const { searchParams } = new URL(link?.href ?? "");
    const config = Buffer.from(searchParams.get("config") ?? "", "base64").toString("utf8");
    expect(searchParams.get("name")).toBe("data-team");
    expect(JSON.parse(config)).toEqual(link?.decoded);
    expect(link?.decoded).toEqual({
      url,
      headers: { Authorization: `Bearer \${env:${variable}}` },
    });
  });

  test("the VS Code install link decodes to the configuration that the dashboard displays", () => {
    const link = findClient("vscode").link?.(connection);
    const [, query = ""] = (link?.href ?? "").split("?");
    expect(JSON.parse(decodeURIComponent(query))).toEqual(link?.decoded);
    expect(link?.decoded).toEqual({
      name: "data-team",
      ...prompted.servers["data-team"],
      inputs: prompted.inputs,
    });
  });

  test("no install link contains the token", () => {
    const links = CLIENTS.flatMap(({ link }) => link?.(connection) ?? []);
    expect(links).toHaveLength(2);
    for (const { href, decoded } of links)
      expect(
        `${href} ${atob(/config=(\w+)/.exec(href)?.[1] ?? "")} ${JSON.stringify(decoded)}`,
      ).not.toContain(token);
  });
});

test.each([
  ["claude-code", ["mcp", "add", "--scope", "user", "--transport", "http", "data-team", url]],
  ["gemini-cli", ["mcp", "add", "data-team", url, "--scope", "user", "--transport", "http"]],
])("the command of %s has the token in one argument, in every shell", (id, args) => {
  const command = findClient(id).command?.(connection) ?? "";
  const words = [...command.matchAll(/"([^"$`\\]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare,
  );
  expect(words.slice(1)).toEqual([...args, "--header", `Authorization: ${bearer}`]);
});

describe("the suggestion for a client that does not take all tools", () => {
  const tools = Object.entries({ small: 2, large: 5, other: 1 }).flatMap(([serverSlug, count]) =>
    Array.from({ length: count }, (_, index): Tool => ({
      serverSlug,
      serverName: serverSlug,
      name: `t${index}`,
      exposedName: `${serverSlug}_t${index}`,
      description: null,
      inputSchema: null,
      annotations: null,
    })),
  );

  test.each([
    [{}, 4, "Suggestion: small and other, as many whole servers as fit."],
    [
      { large: 9 },
      4,
      "large, which you call most, has 5 tools and does not fit. Suggestion: small and other, as many whole servers as fit.",
    ],
    [
      { large: 9, other: 1 },
      4,
      "large, which you call most, has 5 tools and does not fit. Suggestion: other, which you call too, and 1 more server that fits.",
    ],
    [{ large: 9 }, 6, "Suggestion: large, which you call most, and 1 more server that fits."],
  ])("after the calls %j, within %i tools, says by what it is made", (calls, limit, reason) => {
    expect(suggestTools(tools, new Map(Object.entries(calls)), limit).reason).toBe(reason);
  });
});
