import { chmod, lstat, mkdir, readdir, rm, stat, symlink } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import {
  createOpenWorkspace,
  postRequest,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { startModernUpstream } from "../fixtures/modern-upstream.mjs";
import { startRegistries, type RegistrySetup } from "../fixtures/registry.ts";
import { Home, packRegistryClient, type PackedClient } from "./support/registry-client.ts";

let packed: PackedClient;
let registries: { url: string; close(): unknown };

beforeAll(async () => {
  [packed, registries] = await Promise.all([packRegistryClient(), startRegistries()]);
}, 60_000);

const homes: Home[] = [];

afterAll(async () => {
  await Promise.all(homes.map(({ folder }) => rm(folder, { recursive: true })));
  await packed.remove();
  await registries.close();
});

const makeHome = async (files?: Record<string, string>) => {
  const home = await Home.make(packed.program, files);
  homes.push(home);
  return home;
};

/** Sets the registry `name` up; returns the options that choose it. */
async function setRegistry(name: string, entries: unknown[], more: Partial<RegistrySetup> = {}) {
  const body = JSON.stringify({ entries, pageSize: 100, ...more });
  await fetch(`${registries.url}/${name}`, { method: "PUT", body });
  return ["--registry", `${registries.url}/${name}`];
}

const remote = (name: string, url = `https://${name.replace("/", ".")}.example/mcp`) => ({
  server: { name, version: "1.0.0", remotes: [{ type: "streamable-http", url }] },
});

const CURSOR = ".cursor/mcp.json";

describe("mcpnest-registry-client with a workspace's registry", () => {
  let gateway: LocalGateway;
  let upstream: { url: string; close(): unknown };
  let token: string;
  let args: string[];

  beforeAll(async () => {
    [gateway, upstream] = await Promise.all([startLocalGateway(), startModernUpstream()]);
    const servers = ["docs", "tickets"].map((slug) => ({ slug, url: `${upstream.url}/both` }));
    ({ token } = await createOpenWorkspace(gateway.api, "client-files", servers));
    args = [
      "--registry",
      `${gateway.api.apiUrl}/registry/client-files`,
      "--token-env",
      "TEAM_TOKEN",
    ];
  }, 60_000);

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  test("is one program without dependencies, and lists the servers", async () => {
    expect(packed.files).toEqual(
      [
        "LICENSE",
        "README.md",
        "dist/check.mjs",
        "dist/licenses.txt",
        "dist/lock.mjs",
        "dist/main.mjs",
        "package.json",
      ].toSorted(),
    );
    const home = await makeHome();
    const listed = await home.run(["list", ...args], { TEAM_TOKEN: token });
    expect(listed.stdout).toMatch(
      /client-files\/docs {2}1\.0\.0 {2}streamable-http http:.*\/docs\n/,
    );
    expect(listed.stdout).toMatch(/2 servers\n$/);
    const open = await home.run(["list", ...args.slice(0, 2)]);
    expect(open).toMatchObject({ code: 1, stdout: "" });
    expect(open.stderr).toContain("asks for a token (401)");
    expect((await home.run(["list", ...args], { TEAM_TOKEN: "mng_wrong" })).stderr).toContain(
      "refused the token (401)",
    );
    expect((await home.run(["list", ...args])).stderr).toContain(
      "TEAM_TOKEN of --token-env is not set",
    );
  });

  test("writes servers beside what is in the files, with references to the token, and changes nothing a second time", async () => {
    const before = {
      [CURSOR]:
        '{\n\t// mine\n\t"mcpServers": {\n\t\t"own": { "url": "https://own.example" }, // stays\n\t},\n}\n',
      ".codex/config.toml":
        'model = "x" # mine\n\n[mcp_servers.own]\ncommand = "a"\n\n[tui]\nb = 1\n',
      ".config/goose/config.yaml":
        "# mine\nextensions:\n  dev: {enabled: true}   # stays\nGOOSE: x\n",
      ".config/Code/User/mcp.json": "",
    };
    const home = await makeHome(before);
    await chmod(home.path(CURSOR), 0o640);
    const env = { TEAM_TOKEN: token };
    const planned = await home.run(["plan", ...args], env);
    expect(await home.run(["apply", "--dry-run", ...args], env)).toEqual(planned);
    expect(planned.stdout).toContain('+ docs  {"url":"http://');
    for (const [path, text] of Object.entries(before)) expect(await home.read(path)).toBe(text);
    expect(await readdir(home.folder)).not.toContain(".local");

    const applied = await home.run(["apply", ...args], env);
    expect(applied).toMatchObject({ code: 0, stderr: "" });
    const cursor = await home.read(CURSOR);
    expect(cursor).toContain(
      '\t// mine\n\t"mcpServers": {\n\t\t"own": { "url": "https://own.example" }, // stays\n\t\t"docs": {\n\t\t\t"url"',
    );
    expect(cursor).toContain('"Authorization": "Bearer ${env:TEAM_TOKEN}"');
    expect((await stat(home.path(CURSOR))).mode & 0o777).toBe(0o640);
    const [backup = ""] = (await readdir(home.path(".cursor"))).filter((name) =>
      name.endsWith(".bak"),
    );
    expect(await home.read(`.cursor/${backup}`)).toBe(before[CURSOR]);
    const codex = await home.read(".codex/config.toml");
    expect(codex.startsWith(before[".codex/config.toml"])).toBe(true);
    expect(codex).toContain('bearer_token_env_var = "TEAM_TOKEN"');
    const vscode = await home.readJson(".config/Code/User/mcp.json");
    expect(vscode.inputs).toMatchObject([{ id: "team-token", password: true }]);
    expect(vscode.servers.tickets.headers.Authorization).toBe("Bearer ${input:team-token}");
    // Goose has no references in headers.
    expect(await home.read(".config/goose/config.yaml")).toBe(before[".config/goose/config.yaml"]);
    expect(applied.stdout).toMatch(/docs is left out: Goose cannot refer .* --allow-literal-token/);

    const literal = await home.run(["apply", "--allow-literal-token", ...args], env);
    const goose = await home.read(".config/goose/config.yaml");
    expect(goose).toContain('  dev: {enabled: true}   # stays\n  "docs":\n');
    expect(goose).toContain(`Bearer ${token}`);
    expect(planned.stdout + applied.stdout + literal.stdout).not.toContain(token);
    for (const path of [CURSOR, ".codex/config.toml", ".config/Code/User/mcp.json"])
      expect(await home.read(path)).not.toContain(token);

    const count = async () => (await readdir(home.folder, { recursive: true })).length;
    const files = await count();
    const again = await home.run(["apply", "--allow-literal-token", ...args], env);
    expect(again.stdout.match(/nothing to change/g)).toHaveLength(4);
    expect(await count()).toBe(files);
    expect(await home.read(CURSOR)).toBe(cursor);
  });

  test("removes a server that the workspace no longer has, and what is written works", async () => {
    const home = await makeHome({ [CURSOR]: "{}" });
    await home.run(["apply", ...args], { TEAM_TOKEN: token });
    const { docs } = (await home.readJson(CURSOR)).mcpServers;
    const response = await postRequest({ gatewayUrl: docs.url, token }, "tools/list");
    expect(await response.text()).toContain('"docs__echo"');
    await manage(gateway.api, "DELETE", "/workspaces/client-files/servers/tickets");
    const { stdout } = await home.run(["apply", ...args], { TEAM_TOKEN: token });
    expect(stdout).toContain("- tickets\n");
    expect(await home.readJson(CURSOR)).toEqual({ mcpServers: { docs } });
  });
});

describe("mcpnest-registry-client with any registry", () => {
  test("leaves alone what a person changed, deleted or wrote, and says so, unless it is forced", async () => {
    const names = ["own", "edited", "deleted", "kept"].map((name) => `com.acme/${name}`);
    const args = await setRegistry(
      "client-edits",
      names.map((name) => remote(name)),
    );
    const own = { url: "https://own.example" };
    const home = await makeHome({ [CURSOR]: JSON.stringify({ mcpServers: { own } }) });
    const { stdout: first } = await home.run(["apply", ...args]);
    expect(first).toContain("! own: The file has another entry of this name");
    const { mcpServers } = await home.readJson(CURSOR);
    const { deleted, ...rest } = mcpServers;
    const edited = { ...rest.edited, headers: { a: "b" } };
    await home.write(CURSOR, JSON.stringify({ mcpServers: { ...rest, edited }, more: 1 }));

    const text = await home.read(CURSOR);
    const second = await home.run(["apply", ...args]);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stdout).toContain("! edited: It was changed by hand");
    expect(second.stdout).toContain("! deleted: It was deleted by hand");
    expect(await home.read(CURSOR)).toBe(text);

    await setRegistry("client-edits", [remote("com.acme/kept"), remote("com.acme/deleted")]);
    expect((await home.run(["apply", ...args])).stdout).toContain(
      "! edited: The registry no longer has it, but it was changed by hand",
    );
    expect(await home.read(CURSOR)).toBe(text);
    await home.run(["apply", "--force", "--yes", ...args]);
    expect(await home.readJson(CURSOR)).toEqual({
      mcpServers: { own, kept: rest.kept, deleted },
      more: 1,
    });
  });

  test("keeps servers while the registry lists none, or an entry is broken", async () => {
    const entries = ["com.acme/one", "com.acme/two"].map((name) => remote(name));
    const args = await setRegistry("client-doubt", entries);
    const home = await makeHome({ [CURSOR]: "{}" });
    await home.run(["apply", ...args]);
    const text = await home.read(CURSOR);
    await setRegistry("client-doubt", [
      entries[0],
      { server: { name: "com.acme/two", remotes: 1 } },
    ]);
    expect((await home.run(["apply", ...args])).stdout).toContain(
      "! com.acme/two is left out: remotes",
    );
    expect(await home.read(CURSOR)).toBe(text);
    await setRegistry("client-doubt", []);
    const empty = await home.run(["apply", ...args]);
    expect(empty.code).toBe(1);
    expect(empty.stdout).toContain("more than half of what the registry has written here");
    expect(await home.read(CURSOR)).toBe(text);
    expect((await home.run(["apply", "--yes", ...args])).code).toBe(0);
    expect(await home.readJson(CURSOR)).toEqual({ mcpServers: {} });
  });

  test("leaves a file alone that it cannot read, and writes the others", async () => {
    const args = await setRegistry("client-broken", [remote("com.acme/one")]);
    const files = {
      [CURSOR]: '{\n  "mcpServers": {,\n}',
      ".gemini/settings.json": '{ "mcpServers": [] }',
      ".codex/config.toml": "mcp_servers = { own = { command = 1 } }\n",
      ".continue/config.yaml": "mcpServers: [a\n",
      ".kiro/settings/mcp.json": "{}",
    };
    const home = await makeHome(files);
    const { code, stdout } = await home.run(["apply", ...args]);
    expect(code).toBe(1);
    expect(stdout).toContain("The file is left alone: line 2 is not valid JSON");
    expect(stdout).toContain("left alone: “mcpServers” in it is not a map of servers");
    expect(stdout).toContain("“mcp_servers.one” cannot be changed without changing more");
    expect(stdout).toMatch(/left alone: line \d is not valid YAML/);
    for (const [path, text] of Object.entries(files).slice(0, 4))
      expect(await home.read(path)).toBe(text);
    expect((await home.readJson(".kiro/settings/mcp.json")).mcpServers).toHaveProperty("one");
  });

  test("follows the person's links and none that leads out of a project", async () => {
    const args = await setRegistry("client-links", [remote("com.acme/one")]);
    const home = await makeHome({
      "dotfiles/cursor.json": "{}",
      "project/a.txt": "",
      "other.json": "{}",
    });
    await mkdir(home.path(".cursor"));
    await symlink(home.path("dotfiles/cursor.json"), home.path(CURSOR));
    expect((await home.run(["apply", ...args])).code).toBe(0);
    expect((await lstat(home.path(CURSOR))).isSymbolicLink()).toBe(true);
    expect((await home.readJson("dotfiles/cursor.json")).mcpServers).toHaveProperty("one");

    await symlink("../other.json", home.path("project/.mcp.json"));
    const project = ["apply", "--project", "project", ...args];
    const refused = await home.run(project);
    expect(refused.stdout).toContain("it is a link that leads out of the project");
    expect(await home.read("other.json")).toBe("{}");
    expect((await home.run([...project, "--client", "vscode"])).code).toBe(0);
    expect((await home.readJson("project/.vscode/mcp.json")).servers).toHaveProperty("one");
  });

  test("a letter of another script in a name is printed as an escape", async () => {
    const args = await setRegistry("client-letters", [
      remote("com.acme/\u0430pple", "https://acme.example/mcp"),
      remote("com.acme/pear", "https://acme.ex\u0430mple/mcp"),
    ]);
    const { stdout } = await (await makeHome()).run(["list", ...args]);
    expect(stdout).toContain("! com.acme/\\u{430}pple is left out");
    expect(stdout).toContain("https://acme.ex\\u{430}mple/mcp");
  });

  test("hostile names and values stay in their places, and what is dangerous to start is left out", async () => {
    const evil = 'x"}]}\n[mcp_servers.evil]\ncommand = "sh"\n- name: evil\u001b[2J';
    const program = (name: string, value: string, runtimeHint?: string) => ({
      server: {
        name,
        description: evil,
        packages: [
          {
            registryType: "npm",
            identifier: "pkg",
            version: "1.0.0",
            runtimeHint,
            environmentVariables: [{ name: "MODE", value }],
            packageArguments: [{ type: "positional", value: "a\"b'c: {d} # e" }],
          },
        ],
      },
    });
    const args = await setRegistry("client-hostile", [
      program("com.evil/__proto__", "plain"),
      program("com.evil/constructor", "plain"),
      program("org.evil/constructor", "plain"),
      program("com.evil/lines", evil),
      program("com.evil/shell", "plain", "bash"),
      {
        server: {
          name: "com.evil/mount",
          description: evil,
          packages: [
            {
              registryType: "oci",
              identifier: "acme/pkg:1.0",
              runtimeArguments: [{ type: "positional", value: "-iv/:/host" }],
            },
          ],
        },
      },
      program("../../etc/passwd", "plain"),
      remote("com.evil/inside", "http://169.254.169.254/latest"),
    ]);
    const home = await makeHome({
      [CURSOR]: "{}",
      ".codex/config.toml": "",
      ".config/goose/config.yaml": "a: 1\n",
    });
    const { code, stdout } = await home.run(["apply", ...args]);
    expect(code).toBe(0);
    expect(stdout).not.toContain("\u001b");
    for (const name of ["com.evil/lines", "com.evil/shell", "com.evil/inside", "../../etc/passwd"])
      expect(stdout).toContain(`! ${name} is left out: `);
    expect(stdout).toContain(
      "! com.evil/mount is left out: The command can reach the host’s files or the container engine: -iv/:/host",
    );
    const { mcpServers } = await home.readJson(CURSOR);
    expect(Object.keys(mcpServers)).toEqual(["proto", "constructor", "constructor-2"]);
    expect(mcpServers.constructor).toEqual({
      command: "npx",
      args: ["-y", "pkg@1.0.0", "a\"b'c: {d} # e"],
      env: { MODE: "plain" },
    });
    const tables = (await home.read(".codex/config.toml")).match(/^\[.*/gm);
    expect(tables).toEqual([
      "[mcp_servers.proto]",
      "[mcp_servers.constructor]",
      "[mcp_servers.constructor-2]",
    ]);
  });

  test("reads all pages, waits as the registry asks, and says what is wrong with an answer", async () => {
    const entries = [1, 2, 3, 4, 5].map((number) => remote(`com.acme/s${number}`));
    const home = await makeHome();
    const list = async (name: string, more: Partial<RegistrySetup>) =>
      home.run(["list", ...(await setRegistry(name, entries, more))]);
    const fault = (status: number, headers = {}, body = "") => [{ status, headers, body }];
    const [pages, limited, moved, noPage, missing, failing, unreachable, usage] = await Promise.all(
      [
        list("client-pages", { pageSize: 2 }),
        list("client-limited", {
          faults: [...fault(429, { "retry-after": "0.1" }), ...fault(502)],
        }),
        list("client-moved", { faults: fault(302, { location: "https://other.example/" }) }),
        list("client-no-page", { faults: fault(200, {}, "<html>") }),
        home.run(["list", "--registry", `${registries.url}/client-missing/deeper`]),
        list("client-failing", { faults: [1, 2, 3, 4].flatMap(() => fault(503)) }),
        home.run(["list", "--registry", "http://127.0.0.1:1"]),
        home.run(["plan", "--registry", registries.url, "--client", "emacs"]),
      ],
    );
    expect(pages.stdout).toContain("5 servers");
    expect(limited.stdout).toContain("5 servers");
    expect(moved.stderr).toContain(
      "redirects to https://other.example/. Give --registry that address",
    );
    expect(noPage.stderr).toContain("is not a page of a registry");
    expect(missing.stderr).toContain("There is no registry at this address (404)");
    expect(failing.stderr).toContain("answered with status 503");
    expect(unreachable.stderr).toContain("cannot be reached: http://127.0.0.1:1");
    expect(usage).toMatchObject({ code: 2 });
    expect(usage.stderr).toContain("Unknown client emacs");
  });

  test("two runs do not write at once, and a run that was killed leaves no lock", async () => {
    const args = await setRegistry("client-lock", [remote("com.acme/one")]);
    const home = await makeHome({ [CURSOR]: "{}" });
    const lock = ".local/state/mcpnest-registry-client/lock";
    await home.write(lock, String(process.pid));
    const refused = await home.run(["apply", ...args]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`Another run is writing now (process ${process.pid})`);
    expect(await home.read(CURSOR)).toBe("{}");
    // No process has this number on Linux.
    await home.write(lock, "999999999");
    expect((await home.run(["apply", ...args])).code).toBe(0);
    expect(await home.read(CURSOR)).toContain("one");
    expect(await readdir(home.path(".local/state/mcpnest-registry-client"))).toEqual([
      "state.json",
    ]);
  });
});
