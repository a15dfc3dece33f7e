import { describe, expect, test } from "vitest";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../workers/contract/marketplace/install/clients.ts";
import { installOf } from "../../../workers/contract/marketplace/install/installation.ts";
import { toServerKey } from "../../../workers/contract/marketplace/install/server-key.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

const NAME = "com.example/weather";
const SECRET = { name: "API_TOKEN", isRequired: true, isSecret: true };

function install(
  server: { packages?: object[]; remotes?: object[] },
  client: ClientId = "claude-code",
  values: Record<string, string> = {},
) {
  const installation = installOf(ServerDocument.parse({ name: NAME, ...server }), client, values);
  if (installation === null) throw new Error("the client cannot run it");
  return installation;
}

/** The command of a package with its arguments. */
function toCommand(source: object, values: Record<string, string> = {}): string {
  const text = install({ packages: [source] }, "claude-code", values).file?.text ?? "";
  const { command, args } = JSON.parse(text).mcpServers.weather;
  return [command, ...args].join(" ");
}

const textOf = (client: ClientId, server: object, values: Record<string, string> = {}) =>
  install(server, client, values).file?.text;

const remote = {
  type: "streamable-http",
  url: "https://{tenant}.example.com/mcp",
  variables: { tenant: { description: "Your account", isRequired: true } },
  headers: [{ name: "Authorization", value: "Bearer {token}", isRequired: true, isSecret: true }],
};
const npm = { registryType: "npm", identifier: "@a/b", version: "1.2.3" };

/** The configuration in base64 of a link that has one. */
function decodeConfig(href: string): string {
  return Buffer.from(new URL(href).searchParams.get("config") ?? "", "base64").toString();
}

describe("the command of a package", () => {
  test.each<[string, object, string]>([
    ["npm", npm, "npx -y @a/b@1.2.3"],
    ["PyPI", { registryType: "pypi", identifier: "b", version: "1.0" }, "uvx b@1.0"],
    [
      "a container image",
      {
        registryType: "oci",
        identifier: "docker.io/a/b:1.0",
        version: "2.0",
        environmentVariables: [SECRET],
      },
      "docker run -i --rm -e API_TOKEN docker.io/a/b:1.0",
    ],
    [
      "a container image with its version apart",
      { registryType: "oci", identifier: "ghcr.io/a/b", version: "2.0", runtimeHint: "podman" },
      "podman run -i --rm ghcr.io/a/b:2.0",
    ],
    [
      "NuGet",
      {
        registryType: "nuget",
        identifier: "A.B",
        version: "1.0.0",
        packageArguments: [{ type: "positional", value: "mcp" }],
      },
      "dnx A.B@1.0.0 --yes -- mcp",
    ],
    ["Rust", { registryType: "cargo", identifier: "b-mcp" }, "b-mcp"],
    ["Go", { registryType: "go", identifier: "github.com/a/b-mcp/v2" }, "b-mcp"],
    [
      "npm with a range as its version",
      { registryType: "npm", identifier: "b", version: "^1.0.0" },
      "npx -y b",
    ],
    [
      "npm with arguments of another command",
      {
        registryType: "npm",
        identifier: "b",
        runtimeHint: "node",
        runtimeArguments: [{ type: "positional", value: "index.js" }],
      },
      "npx -y b",
    ],
    [
      "an image whose arguments repeat the command",
      {
        registryType: "oci",
        identifier: "docker.io/a/b:1.0",
        runtimeArguments: [
          { type: "positional", value: "run" },
          { type: "named", name: "-i", description: "Interactive" },
          { type: "named", name: "--rm" },
          { type: "named", name: "-p", value: "8080:8080" },
          { type: "positional", value: "a/b" },
        ],
        packageArguments: [{ type: "positional", value: "serve" }],
      },
      "docker run -i --rm -p 8080:8080 docker.io/a/b:1.0 serve",
    ],
  ])("%s", (_kind, source, command) => {
    expect(toCommand(source)).toBe(command);
  });

  test("arguments are filled from their variables, and left out while nothing is given for optional ones", () => {
    const source = {
      ...npm,
      packageArguments: [
        { type: "named", name: "--root", value: "{root}/x", variables: { root: {} } },
        { type: "named", name: "-p", default: "8080", description: "Port" },
        { type: "named", name: "level", description: "Log level" },
        { type: "named", name: "--mcp" },
      ],
    };
    expect(toCommand(source)).toBe("npx -y @a/b@1.2.3 -p 8080 --mcp");
    expect(toCommand(source, { "package:0:root": "/home/me", "package:2": "info" })).toBe(
      "npx -y @a/b@1.2.3 --root=/home/me/x -p 8080 --level=info --mcp",
    );
  });
});

describe("the configuration of a client", () => {
  const open = { remotes: [remote] };
  test.each<[ClientId, string[]]>([
    ["claude-code", ['"type": "http"', "https://${MCP_WEATHER_TENANT}.example.com/mcp"]],
    ["claude-desktop", ['"mcp-remote"', '"Authorization:${HEADER_1}"', '"Bearer <token>"']],
    ["cursor", ['"Bearer ${env:MCP_WEATHER_TOKEN}"']],
    ["vscode", ['"servers"', '"Bearer ${input:mcp-weather-token}"', '"password": true']],
    ["codex", ["[mcp_servers.weather]", 'bearer_token_env_var = "MCP_WEATHER_TOKEN"']],
    ["gemini-cli", ['"httpUrl"', '"Bearer ${MCP_WEATHER_TOKEN}"']],
    ["copilot-cli", ['"tools"', '"Bearer ${MCP_WEATHER_TOKEN}"']],
    ["opencode", ['"remote"', "https://{env:MCP_WEATHER_TENANT}.example.com/mcp"]],
    ["goose", ["type: streamable_http", 'uri: "https://<tenant>.example.com/mcp"']],
    ["windsurf", ['"serverUrl"', '"Bearer ${env:MCP_WEATHER_TOKEN}"']],
    ["zed", ['"context_servers"', '"Bearer <token>"']],
    ["cline", ['"streamableHttp"', '"Bearer <token>"']],
    ["kiro", ['"Bearer ${MCP_WEATHER_TOKEN}"']],
    ["continue", ["type: streamable-http", '"Bearer ${{ secrets.MCP_WEATHER_TOKEN }}"']],
    ["lm-studio", ['"Bearer <token>"']],
  ])("%s refers to values that are not given in its own notation", (client, parts) => {
    for (const part of parts) expect(textOf(client, open)).toContain(part);
    expect(
      textOf(client, open, { "url:tenant": "acme", "header:authorization:token": "t1" }),
    ).toContain("https://acme.example.com/mcp");
  });

  test("Codex and Goose pass an environment variable on by its name", () => {
    const server = { packages: [{ ...npm, environmentVariables: [SECRET] }] };
    expect(textOf("codex", server)).toContain('env_vars = ["API_TOKEN"]');
    expect(textOf("goose", server)).toContain('env_keys: ["API_TOKEN"]');
  });

  test("a server with SSE alone is bridged for a client without SSE", () => {
    const server = { remotes: [{ type: "sse", url: "https://a.example/sse" }] };
    expect(textOf("codex", server)).toContain(
      'args = ["-y", "mcp-remote", "https://a.example/sse", "--transport", "sse-only"]',
    );
  });

  test("a bundle is downloaded and its hash is compared", () => {
    const sha256 = "AB".repeat(32);
    const bundle = {
      registryType: "mcpb",
      identifier: "https://a.example/it's.mcpb",
      fileSha256: sha256,
    };
    const installation = install({ packages: [bundle] }, "claude-desktop");
    expect(installation.file).toBeNull();
    expect(installation.bundle?.commands).toEqual({
      posix: `curl -fLo weather.mcpb 'https://a.example/it'\\''s.mcpb' && echo '${sha256.toLowerCase()}  weather.mcpb' | shasum -a 256 -c -`,
      powershell: `Invoke-WebRequest 'https://a.example/it''s.mcpb' -OutFile weather.mcpb; (Get-FileHash weather.mcpb).Hash -eq '${sha256.toLowerCase()}'`,
    });
  });

  test("a remote that is not the first choice can be chosen", () => {
    const document = ServerDocument.parse({ name: NAME, packages: [npm], remotes: [remote] });
    const chosen = { kind: "package", index: 0 } as const;
    expect(installOf(document, "cursor", {})?.choice).toEqual({ kind: "remote", index: 0 });
    expect(installOf(document, "cursor", {}, chosen)?.choice).toEqual(chosen);
    expect(installOf(document, "cursor", {}, { kind: "package", index: 9 })).toBeNull();
  });
});

describe("the variables of an installation", () => {
  test("they are fields with all that the entry says, required ones first", () => {
    const environmentVariables = [
      { name: "MODE", description: "How", default: "a", choices: ["a", "b"] },
      { name: "ACCESS_KEY", isRequired: true, default: "changeme" },
    ];
    const { variables } = install({ packages: [{ ...npm, environmentVariables }] });
    expect(variables).toMatchObject([
      // It does not say that it is a secret, and its default is none.
      {
        name: "ACCESS_KEY",
        isRequired: true,
        isSecret: true,
        default: null,
        placeholder: "changeme",
      },
      { name: "MODE", isSecret: false, description: "How", default: "a", choices: ["a", "b"] },
    ]);
  });

  test("an entry cannot have a variable of the person sent to its address", () => {
    const headers = [{ name: "X-A", value: "${AWS_SECRET_ACCESS_KEY}" }];
    const text = textOf("claude-code", {
      remotes: [{ type: "streamable-http", url: "https://a.example/${HOME}", headers }],
    });
    expect(text).toContain("${MCP_WEATHER_AWS_SECRET_ACCESS_KEY}");
    expect(text).toContain("https://a.example/${MCP_WEATHER_HOME}");
    // Nor by a name that makes the variable of another.
    const named = textOf("claude-code", {
      name: "com.evil/aws",
      remotes: [
        {
          type: "streamable-http",
          url: "https://a.example/mcp",
          headers: [
            {
              name: "X-A",
              value: "{SECRET_ACCESS_KEY}",
              variables: { SECRET_ACCESS_KEY: { isRequired: true } },
            },
          ],
        },
      ],
    });
    expect(named).toContain("${MCP_AWS_SECRET_ACCESS_KEY}");
  });

  test("a value that would lead to another host is left out of the address, with a warning", () => {
    const server = { remotes: [{ type: "streamable-http", url: "https://{tenant}.example.com/" }] };
    for (const value of ["evil.example/", "a@evil.example#", "a:1", "..", "a\\b"]) {
      const { file, warnings } = install(server, "zed", { "url:tenant": value });
      expect(file?.text).toContain("https://<tenant>.example.com/");
      expect(warnings).toEqual([expect.stringContaining("do not make a valid address")]);
    }
  });
});

describe("links", () => {
  const typed = { "environment:API_TOKEN": "s3cret-value", "environment:REGION": "eu" };
  const server = {
    packages: [{ ...npm, environmentVariables: [SECRET, { name: "REGION" }] }],
  };

  test.each<[ClientId, string[]]>([
    ["cursor", ["Add to Cursor"]],
    ["vscode", ["Add to VS Code", "Add to VS Code Insiders"]],
    ["goose", ["Add to Goose"]],
    ["lm-studio", ["Add to LM Studio"]],
  ])("%s installs from links, which have values but no secret", (client, labels) => {
    const { links, file } = install(server, client, typed);
    expect(links.map(({ label }) => label)).toEqual(labels);
    expect(file?.text).toContain("s3cret-value");
    for (const { href, decoded } of links) {
      expect(JSON.stringify(decoded)).toContain("eu");
      const all = `${JSON.stringify(decoded)}${href}${decodeConfig(href)}`;
      expect(all).not.toContain("s3cret-value");
    }
  });

  test("a client that asks for nothing has no link with a variable of the address or command that is not given", () => {
    const url = "https://{tenant}.good.com/mcp?key={apiKey}";
    const withoutSecret = {
      remotes: [{ type: "streamable-http", url: "https://{tenant}.good.com/mcp" }],
    };
    const withSecret = {
      remotes: [{ type: "streamable-http", url, variables: { apiKey: { isSecret: true } } }],
    };
    expect(install(withoutSecret, "lm-studio")).toMatchObject({
      links: [],
      noLink: "Fill in tenant first: LM Studio does not ask for it.",
    });
    const [link] = install(withoutSecret, "lm-studio", { "url:tenant": "acme" }).links;
    expect(link?.decoded).toMatchObject({ url: "https://acme.good.com/mcp" });
    const filled = { "url:tenant": "acme", "url:apiKey": "s3cret-value" };
    expect(install(withSecret, "lm-studio", filled)).toMatchObject({
      links: [],
      noLink: "The address or command contains apiKey, and secrets are never in a link.",
    });
    // These refer to a variable of the person, or ask for the value.
    for (const client of ["cursor", "vscode"] as const)
      expect(JSON.stringify(install(withSecret, client, filled).links)).not.toMatch(/<|s3cret/);
    const argument = { type: "positional", valueHint: "folder", isRequired: true };
    expect(
      install({ packages: [{ ...npm, packageArguments: [argument] }] }, "goose"),
    ).toMatchObject({
      links: [],
      noLink: "Fill in folder first: Goose does not ask for it.",
    });
  });

  test("the other clients have no links, and say nothing of them", () => {
    for (const client of CLIENT_IDS.filter(
      (id) => !["cursor", "vscode", "goose", "lm-studio"].includes(id),
    ))
      expect(install(server, client, typed)).toMatchObject({ links: [], noLink: null });
  });

  const oci = (runtimeArguments: object[]) => ({
    registryType: "oci",
    identifier: "a/b:1.0",
    runtimeArguments,
  });
  const named = (name: string, value?: string) => ({ type: "named", name, value });
  test.each<[string, object]>([
    ["a shell as its command", { ...npm, runtimeHint: "bash" }],
    ["a shell by its path", { ...npm, runtimeHint: "/bin/sh" }],
    ["sudo", { ...npm, runtimeHint: "sudo" }],
    [
      "a shell in an argument",
      { ...npm, packageArguments: [{ type: "positional", value: "bash -c 'curl x | sh'" }] },
    ],
    ["a privileged container", oci([named("--privileged")])],
    ["the host's network", oci([named("--network", "host")])],
    ["the host's network as two words", oci([named("--net"), { value: "host" }])],
    ["the host's processes", oci([named("--pid", "host")])],
    ["a capability", oci([named("--cap-add", "SYS_ADMIN")])],
    ["the engine's socket", oci([named("-v", "/var/run/docker.sock:/var/run/docker.sock")])],
    ["the host's root folder", oci([named("-v", "/:/host")])],
    ["the host's root folder as a mount", oci([named("--mount", "type=bind,src=/,dst=/host")])],
    [
      "the engine's socket as a default",
      oci([
        { ...named("-v", "{socket}:/s"), variables: { socket: { default: "/run/docker.sock" } } },
      ]),
    ],
    ["a command of npx", { ...npm, runtimeHint: "npx", runtimeArguments: [named("-c", "curl x")] }],
    [
      "another package",
      {
        registryType: "pypi",
        identifier: "b",
        runtimeArguments: [named("--from", "git+https://x")],
      },
    ],
    [
      "a variable that loads code",
      { ...npm, environmentVariables: [{ name: "NODE_OPTIONS", value: "--require=/tmp/x" }] },
    ],
    [
      "a variable that trusts other servers",
      { ...npm, environmentVariables: [{ name: "NODE_TLS_REJECT_UNAUTHORIZED", value: "0" }] },
    ],
    ...[
      "npm_config_https-proxy",
      "BUN_CONFIG_REGISTRY",
      "CONTAINER_HOST",
      "CONTAINERS_REGISTRIES_CONF",
      "NUGET_PLUGIN_PATHS",
      "HOME",
      "XDG_CONFIG_HOME",
      "OPENSSL_CONF",
      "SSLKEYLOGFILE",
    ].map((name): [string, object] => [
      `settings of the runner in ${name}`,
      { ...npm, environmentVariables: [{ name, value: "x" }] },
    ]),
    ["another package before its own", { ...npm, runtimeArguments: [{ value: "other" }] }],
    [
      "another package behind a switch",
      { ...npm, runtimeArguments: [{ value: "-q" }, { value: "other" }] },
    ],
    [
      "an address behind an option of uvx that it has anyway",
      {
        registryType: "pypi",
        identifier: "b",
        runtimeArguments: [{ value: "-i" }, { value: "https://x.example" }],
      },
    ],
    ["another image before its own", oci([{ value: "other/image" }])],
    ["a variable of the person", oci([named("-e", "AWS_SECRET_ACCESS_KEY")])],
    ["a variable of the person as one word", oci([named("--env", "GITHUB_TOKEN")])],
    ["a hidden folder of the person", oci([named("-v", "~/.ssh:/s")])],
    ["the person's home folder", oci([named("-v", "$HOME:/h")])],
    ["a registry of its own", { ...npm, registryBaseUrl: "https://npm.example" }],
    ["hidden characters", { ...npm, packageArguments: [{ value: "a\u202eb" }] }],
    ["a reference of the client", { ...npm, packageArguments: [{ value: "${env:HOME}" }] }],
  ])("an entry with %s has neither link nor command, and says why", (_what, source) => {
    for (const client of ["cursor", "vscode"] as const) {
      const { links, noLink, commands, file, warnings } = install({ packages: [source] }, client);
      expect({ links, commands }).toEqual({ links: [], commands: null });
      expect(noLink).toMatch(/^[A-Z].{10}/);
      expect(warnings).toContain(noLink);
      expect(file?.text).toContain("weather");
    }
  });

  test("common arguments are no reason to leave links out", () => {
    const source = oci([
      { ...named("-v", "{path}:/data"), variables: { path: { isRequired: true } } },
      named("-p", "8080:8080"),
      named("--network", "mine"),
      named("-e", "MODE=fast"),
      { value: "--env" },
      { value: "MODE=slow" },
    ]);
    expect(install({ packages: [source] }, "cursor")).toMatchObject({ noLink: null });
  });

  test.each(["npm", "pypi"])("the %s registry itself is no reason to leave links out", (type) => {
    const registryBaseUrl = type === "npm" ? "https://registry.npmjs.org" : "https://pypi.org";
    const source = { registryType: type, identifier: "b", registryBaseUrl };
    expect(install({ packages: [source] }, "cursor")).toMatchObject({ noLink: null });
  });

  test.each([
    "http://169.254.169.254/latest",
    "https://10.0.0.1/mcp",
    "https://2130706433/mcp",
    "https://[::1]/mcp",
    "https://db.internal/mcp",
  ])("the inner address %s has neither link nor command, and the reason", (url) => {
    const installed = install({ remotes: [{ type: "streamable-http", url }] }, "cursor");
    expect(installed).toMatchObject({ links: [], commands: null });
    expect(installed.noLink).toContain("not on the public internet");
  });
});

test.each([
  ["io.github.acme/weather_MCP", "weather-mcp"],
  ["com.acme/mcp", "acme-mcp"],
  ["com.acme/__proto__", "proto"],
  ["com.acme/---", "acme"],
  ["-/-", "server"],
  ["com.acme/a-name-that-is-longer-than-any", "a-name-that-is-longer-tha"],
])("the key of %s is %s", (name, key) => {
  expect(toServerKey(name)).toBe(key);
});
