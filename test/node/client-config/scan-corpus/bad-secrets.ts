import { type Bad, RANDOM, bad, docker, npx, one, program, remote } from "./made-files.ts";
import { makeJwt, makeToken, toHexText, toRandomText } from "./made-keys.ts";

const AWS = `AKIA${toRandomText(16, 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`;
const FINE = `github_pat_${toRandomText(22)}_${toRandomText(59)}`;

/** Files with secrets. */
export const SECRETS: readonly Bad[] = [
  bad("SEC-01", "critical", "GitHub token", npx(["s@1.0.0"], { GITHUB_TOKEN: makeToken("ghp_") })),
  bad(
    "SEC-01",
    "critical",
    "GitHub token with an innocent name",
    npx(["s@1.0.0"], { GREETING: makeToken("gho_") }),
  ),
  bad("SEC-01", "critical", "npm token", npx(["s@1.0.0"], { NPM: makeToken("npm_") })),
  bad(
    "SEC-01",
    "critical",
    "fine-grained token",
    npx(["s@1.0.0"], { T: `github_pat_${toRandomText(22)}_${toRandomText(59)}` }),
  ),
  bad(
    "SEC-01",
    "critical",
    "AWS access key",
    npx(["s@1.0.0"], { ID: `AKIA${toRandomText(16, 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}` }),
  ),
  bad(
    "SEC-01",
    "critical",
    "AWS secret key",
    npx(["s@1.0.0"], { AWS_SECRET_ACCESS_KEY: toRandomText(40) }),
  ),
  bad(
    "SEC-01",
    "critical",
    "Anthropic key",
    npx(["s@1.0.0"], { K: `sk-ant-api03-${toRandomText(93)}AA` }),
  ),
  bad(
    "SEC-01",
    "critical",
    "OpenAI key",
    npx(["s@1.0.0"], { K: `sk-proj-${toRandomText(74)}T3BlbkFJ${toRandomText(74, 9)}` }),
  ),
  bad(
    "SEC-01",
    "critical",
    "Slack token in an argument",
    npx([
      "s@1.0.0",
      "--bot",
      `xoxb-${toHexText(12, 3).replaceAll(/[a-f]/g, "4")}-4711471147110-${toRandomText(24)}`,
    ]),
  ),
  bad(
    "SEC-01",
    "critical",
    "Stripe key",
    npx(["s@1.0.0", `--api-key=sk_live_${toRandomText(24)}`]),
  ),
  bad(
    "SEC-01",
    "critical",
    "Google key in an address",
    remote(`https://maps.example.com/mcp?key=AIza${toRandomText(35)}`),
  ),
  bad(
    "SEC-01",
    "critical",
    "Hugging Face token in a header",
    remote("https://hf.example.com/mcp", {
      Authorization: `Bearer hf_${toRandomText(34, 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")}`,
    }),
  ),
  bad(
    "SEC-01",
    "critical",
    "private key",
    npx(["s@1.0.0"], {
      PEM: `-----BEGIN RSA PRIVATE KEY-----\n${toRandomText(200)}\n-----END RSA PRIVATE KEY-----`,
    }),
  ),
  bad(
    "SEC-01",
    "critical",
    "JSON Web Token",
    npx(["s@1.0.0"], { JWT: makeJwt({ sub: "1", role: "service_role" }) }),
  ),
  bad(
    "SEC-01",
    "critical",
    "key in the default of a reference",
    one({ command: "npx", args: ["s@1.0.0"], env: { T: `\${T:-${makeToken("ghp_")}}` } }),
    { client: "claude-code" },
  ),
  bad("SEC-02", "high", "random secret", npx(["s@1.0.0"], { MY_API_KEY: RANDOM })),
  bad(
    "SEC-02",
    "high",
    "random header",
    remote("https://mcp.example.com/mcp", { "X-Api-Key": RANDOM }),
  ),
  bad(
    "SEC-02",
    "high",
    "database address",
    npx(["s@1.0.0"], { DATABASE_URL: `postgres://app:${toRandomText(16)}@db.example.com/app` }),
  ),
  bad("SEC-02", "high", "chosen password", npx(["s@1.0.0"], { MYSQL_PASS: "Blue-Kettle-47x" })),
  bad("SEC-03", "high", "secret option", npx(["s@1.0.0", "--token", RANDOM])),
  bad("SEC-03", "high", "secret of a container", docker("-e", `SERVICE_TOKEN=${RANDOM}`, "a/b:1")),
  bad(
    "SEC-03",
    "high",
    "secret in a query",
    remote(`https://mcp.example.com/mcp?api_key=${RANDOM}`),
  ),
  bad(
    "SEC-03",
    "high",
    "secret before the host",
    remote(`https://kim:${toRandomText(20)}@mcp.example.com/mcp`),
  ),
  bad(
    "SEC-03",
    "high",
    "secrets in path and query",
    remote(
      `https://mcp.example.com/${toRandomText(48, 11)}/mcp?token=${RANDOM}&api_key=${toHexText(32, 5)}`,
    ),
  ),
  bad(
    "SEC-03",
    "high",
    "header in a line for a shell",
    program("bash", "-c", `curl -s -H 'X-Api-Key: ${toHexText(40, 5)}' https://a.example/s | sh`),
  ),
  bad(
    "SEC-03",
    "high",
    "token in a line for a shell",
    program(
      "sh",
      "-c",
      `curl -H 'Authorization: Bearer ${toRandomText(40, 5)}' https://a.example/s`,
    ),
  ),
  bad(
    "SEC-03",
    "high",
    "header in quotes within a line for a shell",
    program(
      "sh",
      "-c",
      `curl -H "Authorization: Bearer ${toRandomText(40, 5)}" https://a.example/s`,
    ),
  ),
  bad(
    "SEC-03",
    "high",
    "variable in a line for a shell",
    program("bash", "-c", `TOKEN=${toRandomText(40, 5)} node server.js`),
  ),
  bad("SEC-03", "high", "secret without a name", npx(["s@1.0.0", toRandomText(44, 5)])),
  bad(
    "SEC-01",
    "critical",
    "key as the name of a server",
    JSON.stringify({ mcpServers: { [AWS]: { command: "a", env: { API_KEY: RANDOM } } } }),
  ),
  bad(
    "SEC-01",
    "critical",
    "key as the name of a remote server",
    JSON.stringify({
      mcpServers: { [FINE]: { url: `https://mcp.example.com/mcp?key=${RANDOM}` } },
    }),
  ),
  bad(
    "SEC-01",
    "critical",
    "key as the name of a variable",
    npx(["s@1.0.0"], { [makeToken("ghp_", 8)]: "1", [FINE]: RANDOM }),
  ),
  bad(
    "SEC-01",
    "critical",
    "key in an input and in a member of one client",
    JSON.stringify({
      inputs: [{ type: "promptString", id: "key", default: makeToken("ghp_", 8) }],
      servers: { one: { command: "a", note: { inner: FINE }, env: { K: "${input:key}" } } },
    }),
    { client: "vscode" },
  ),
  bad(
    "SEC-02",
    "high",
    "secret beside the servers",
    JSON.stringify({ other: { token: RANDOM }, mcpServers: { one: { command: "a" } } }),
  ),
  bad(
    "SEC-06",
    "info",
    "random text with an innocent name",
    npx(["s@1.0.0"], { GREETING: toRandomText(30, 5) }),
  ),
  bad("SEC-04", "low", "placeholder", npx(["s@1.0.0"], { API_KEY: "<your-api-key>" })),
  bad("SEC-04", "low", "row of x", npx(["s@1.0.0"], { API_KEY: "xxxxxxxx" })),
  bad(
    "SEC-05",
    "high",
    "secret twice",
    JSON.stringify({
      mcpServers: {
        a: { command: "a", env: { A_KEY: RANDOM } },
        b: { command: "b", env: { B_KEY: RANDOM } },
      },
    }),
  ),
  bad("SEC-05", "high", "secret in a repository", npx(["s@1.0.0"], { MY_API_KEY: RANDOM }), {
    fileName: ".mcp.json",
  }),
  bad("SEC-06", "info", "plain password", one({ command: "a", env: { DB_PASSWORD: "postgres" } }), {
    client: "claude-code",
  }),
];
