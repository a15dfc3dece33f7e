import { type Bad, FILES, RANDOM, bad, docker, npx, one, remote } from "./made-files.ts";

/** Files with containers and connections. */
export const NETWORK: readonly Bad[] = [
  bad("DOC-01", "critical", "privileged", docker("--privileged", "a/b:1")),
  bad("DOC-01", "critical", "capability", docker("--cap-add", "SYS_ADMIN", "a/b:1")),
  bad("DOC-01", "high", "network of the host", docker("--network=host", "a/b:1")),
  bad("DOC-01", "critical", "unconfined", docker("--security-opt", "seccomp=unconfined", "a/b:1")),
  bad(
    "DOC-02",
    "critical",
    "socket",
    docker("-v", "/var/run/docker.sock:/var/run/docker.sock", "a/b:1"),
  ),
  bad(
    "DOC-02",
    "critical",
    "engine at an address",
    npx(["s@1.0.0"], { DOCKER_HOST: "tcp://10.0.0.2:2375" }),
  ),
  bad("DOC-03", "high", "home folder", docker("-v", "/home/kim:/data", "a/b:1")),
  bad("DOC-03", "medium", "open port", docker("-p", "8080:80", "a/b:1")),
  bad("NET-01", "high", "plain http", remote("http://mcp.example.com/mcp")),
  bad(
    "NET-01",
    "critical",
    "plain http with a credential",
    remote("http://mcp.example.com/mcp", { Authorization: "Bearer ${env:T}" }),
    { client: "cursor" },
  ),
  bad("NET-02", "info", "old transport", one({ type: "sse", url: "https://mcp.example.com/sse" })),
  bad("NET-03", "high", "metadata service", remote("http://169.254.169.254/mcp")),
  bad("NET-03", "high", "look-alike letters", remote("https://xn--githb-mva.com/mcp")),
  bad("NET-03", "medium", "tunnel", remote("https://abc-12.ngrok-free.app/mcp")),
  bad("NET-03", "medium", "IP address", remote("https://203.0.113.9/mcp")),
  bad("NET-04", "info", "shared host", remote("https://my-server.vercel.app/mcp")),
  bad("NET-05", "high", "all addresses", npx(["s@1.0.0", "--host", "0.0.0.0"])),
  bad("NET-05", "high", "every origin", npx(["s@1.0.0"], { CORS_ORIGINS: "*" })),
  bad("NET-06", "info", "no header", remote("https://mcp.example.com/mcp")),
  bad(
    "NET-07",
    "high",
    "literal credential",
    npx([
      "mcp-remote@0.1.30",
      "https://mcp.example.com/mcp",
      "--header",
      `Authorization: Bearer ${RANDOM}`,
    ]),
  ),
  bad(
    "NET-07",
    "high",
    "http allowed",
    npx(["mcp-remote@0.1.30", "http://mcp.example.com/mcp", "--allow-http"]),
    { client: "vscode" },
  ),
  bad(
    "NET-08",
    "info",
    "header that is dropped",
    remote("https://mcp.example.com/mcp", { Authorization: "Bearer ${env:T}" }),
    { client: "cursor" },
  ),
];

/** Files with approvals, and with servers that do not go together. */
export const MIXES: readonly Bad[] = [
  bad(
    "AUT-01",
    "high",
    "everything approved",
    one({ command: "npx", args: ["-y", "s@1.0.0"], autoApprove: ["*"] }),
    { client: "kiro" },
  ),
  bad("AUT-01", "high", "trusted", one({ command: "npx", args: ["-y", "s@1.0.0"], trust: true }), {
    client: "gemini-cli",
  }),
  bad(
    "AUT-01",
    "high",
    "writing approved",
    one({ command: "s", args: [], alwaysAllow: ["delete_file"] }),
    { client: "cursor" },
  ),
  bad(
    "AUT-01",
    "medium",
    "reading approved",
    one({ command: "s", args: [], autoApprove: ["list_files"] }),
    { client: "cline" },
  ),
  bad("AUT-02", "high", "dangerous switch", npx(["s@1.0.0"], { DANGEROUSLY_OMIT_AUTH: "true" })),
  bad("AUT-02", "medium", "writing switch", npx(["s@1.0.0", "--allow-write"])),
  bad(
    "AUT-03",
    "medium",
    "service role",
    npx(["s@1.0.0"], { SUPABASE_SERVICE_ROLE_KEY: "${env:K}" }),
  ),
  bad(
    "MIX-01",
    "medium",
    "leaking together",
    JSON.stringify({
      mcpServers: {
        files: { command: "npx", args: ["-y", FILES, "/srv"] },
        web: { command: "uvx", args: ["mcp-server-fetch"] },
      },
    }),
  ),
  bad(
    "MIX-01",
    "high",
    "leaking together without asking",
    JSON.stringify({
      mcpServers: {
        files: { command: "npx", args: ["-y", FILES, "/srv"], autoApprove: ["read_file"] },
        web: { command: "uvx", args: ["mcp-server-fetch"] },
      },
    }),
    { client: "cline" },
  ),
  bad(
    "MIX-02",
    "high",
    "names that look alike",
    JSON.stringify({ mcpServers: { github: { command: "a" }, gіthub: { command: "b" } } }),
  ),
  bad(
    "MIX-02",
    "high",
    "name of a well-known package",
    JSON.stringify({
      mcpServers: { "firecrawl-mcp": { command: "npx", args: ["-y", "crawler-helper@1.0.0"] } },
    }),
  ),
  bad(
    "MIX-04",
    "info",
    "same server twice",
    JSON.stringify({
      mcpServers: { a: { command: "x", args: ["1"] }, b: { command: "x", args: ["1"] } },
    }),
  ),
  bad(
    "MIX-04",
    "info",
    "many servers",
    JSON.stringify({
      mcpServers: Object.fromEntries(
        Array.from({ length: 16 }, (_, i) => [`s${i}`, { command: `s${i}` }]),
      ),
    }),
  ),
  bad(
    "DSC-01",
    "high",
    "invisible character in a name",
    JSON.stringify({ mcpServers: { "git\u200Bhub": { command: "a" } } }),
  ),
];
