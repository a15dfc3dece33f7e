import { describe, expect, test } from "vitest";
import { CLIENTS } from "../../../web/src/connect/clients/clients.ts";
import { CLIENT_IDS } from "../../../workers/contract/marketplace/install/clients.ts";
import { compatibilityOf } from "../../../workers/contract/marketplace/install/compatibility.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

/** How each client runs a server with these packages and remotes; clients that run it natively are left out. */
function listOthers(server: { packages?: object[]; remotes?: object[] }) {
  const document = ServerDocument.parse({ name: "com.example/weather", ...server });
  return Object.fromEntries(
    Object.entries(compatibilityOf(document))
      .filter(([, { how }]) => how !== "native")
      .map(([id, { how }]) => [id, how]),
  );
}

describe("which clients run a server", () => {
  test("the clients are those of the connect page", () => {
    expect(CLIENTS.map(({ id }) => id).toSorted()).toEqual([...CLIENT_IDS].toSorted());
  });

  test("every client runs an npm package", () => {
    expect(listOthers({ packages: [{ registryType: "npm", identifier: "@a/b" }] })).toEqual({});
  });

  test("Claude Desktop needs mcp-remote for a remote server, the others connect to it", () => {
    expect(
      listOthers({ remotes: [{ type: "streamable-http", url: "https://a.example/mcp" }] }),
    ).toEqual({ "claude-desktop": "bridge" });
  });

  test("clients without the SSE transport need mcp-remote for it, unless there is a package", () => {
    const remotes = [{ type: "sse", url: "https://a.example/sse" }];
    expect(listOthers({ remotes })).toEqual({
      "claude-desktop": "bridge",
      codex: "bridge",
      goose: "bridge",
      zed: "bridge",
      kiro: "bridge",
      "lm-studio": "bridge",
    });
    expect(listOthers({ remotes, packages: [{ registryType: "pypi", identifier: "b" }] })).toEqual(
      {},
    );
  });

  test("only Claude Desktop installs a bundle, and only one whose hash is stated", () => {
    const bundle = { registryType: "mcpb", identifier: "https://a.example/b.mcpb" };
    const others = listOthers({ packages: [{ ...bundle, fileSha256: "ab".repeat(32) }] });
    expect(Object.keys(others)).toHaveLength(CLIENT_IDS.length - 1);
    expect(others).not.toHaveProperty("claude-desktop");
    expect(listOthers({ packages: [bundle] })).toHaveProperty("claude-desktop", "none");
  });

  test.each<[string, { packages?: object[]; remotes?: object[] }]>([
    ["nothing to install", {}],
    ["an unknown kind of package", { packages: [{ registryType: "toString", identifier: "b" }] }],
    ["an identifier that is an option", { packages: [{ registryType: "npm", identifier: "-y" }] }],
    [
      "a package from anywhere",
      { packages: [{ registryType: "npm", identifier: "https://a.example/b.tgz" }] },
    ],
    [
      "a command with arguments",
      { packages: [{ registryType: "npm", identifier: "b", runtimeHint: "sh -c" }] },
    ],
    [
      "a package that is an HTTP server",
      {
        packages: [
          { registryType: "npm", identifier: "b", transport: { type: "streamable-http" } },
        ],
      },
    ],
    ["an address of another protocol", { remotes: [{ type: "sse", url: "javascript:alert(1)" }] }],
    ["an address with a password", { remotes: [{ type: "sse", url: "https://a:b@a.example/" }] }],
    [
      "an address with a line break",
      { remotes: [{ type: "streamable-http", url: "https://a.example/\nmcp" }] },
    ],
  ])("no client runs an entry with %s, and each says why", (_what, server) => {
    const document = ServerDocument.parse({ name: "com.example/weather", ...server });
    for (const { how, why } of Object.values(compatibilityOf(document)))
      expect([how, why]).toEqual(["none", expect.stringMatching(/^[A-Z].*\.$/)]);
  });
});
