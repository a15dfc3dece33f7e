import { findPreset, type AgentRule } from "./trust-rule-draft.ts";

/** How a workload gets its own token, and exchanges it. */
export interface Snippet {
  id: "workflow" | "shell";
  label: string;
  text: string;
}

interface Place {
  /** The address of the workspace, `https://HOST/mcp/{slug}`. */
  resource: string;
  audience: string;
  claims: Record<string, string>;
}

/** The snippets for a rule's workloads, the one that fits best first. `resource`: the address of the workspace. */
export function listSnippets(rule: AgentRule, resource: string): Snippet[] {
  const place = { resource, audience: rule.audience, claims: rule.claims };
  const { id } = findPreset(rule);
  const shell: Snippet = {
    id: "shell",
    label: id === "github-actions" ? "Shell, in a job" : "Shell",
    text: toShell(place, TOKEN_COMMANDS[id]?.(place) ?? "JWT='the token of the workload'"),
  };
  if (id !== "github-actions") return [shell];
  return [{ id: "workflow", label: "Workflow", text: toWorkflow(place) }, shell];
}

/** How a kind of workload gets a token for the audience, in a shell. */
const TOKEN_COMMANDS: Record<string, (place: Place) => string> = {
  "github-actions": ({ audience }) =>
    [
      'JWT=$(curl -sSf -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\',
      `  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(audience)}" | jq -r .value)`,
    ].join("\n"),
  kubernetes: ({ audience, claims }) => {
    const [, , namespace, account] = (claims["sub"] ?? "").split(":");
    const names = [namespace, account].map((name) => quote(name?.replace("*", "") || "NAME"));
    return `JWT=$(kubectl create token --namespace ${names.join(" ")} --audience ${quote(audience)})`;
  },
  spiffe: ({ audience }) =>
    `JWT=$(spire-agent api fetch jwt -audience ${quote(audience)} -output json | jq -r '.[0].svids[0].svid')`,
};

/** From the workload's token to a call. */
function toShell({ resource }: Place, getToken: string): string {
  return [getToken, toExchange(resource), "", toCall(resource)].join("\n");
}

function toExchange(resource: string): string {
  return [
    `TOKEN=$(curl -sS ${quote(`${new URL(resource).origin}/oauth/token`)} \\`,
    "  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\",
    "  -d subject_token_type=urn:ietf:params:oauth:token-type:jwt \\",
    `  --data-urlencode ${quote(`resource=${resource}`)} \\`,
    `  --data-urlencode "subject_token=$JWT" | jq -re '.access_token // error(.error_description)')`,
  ].join("\n");
}

function toCall(resource: string): string {
  return [
    `curl -sS ${quote(resource)} -H "Authorization: Bearer $TOKEN" \\`,
    "  -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\",
    "  -H 'MCP-Protocol-Version: 2025-11-25' \\",
    `  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'`,
  ].join("\n");
}

/** A workflow of GitHub Actions. The token is masked, because steps print what they run. */
function toWorkflow(place: Place): string {
  const { resource, claims } = place;
  const environment = claims["environment"];
  const isExact = environment !== undefined && !environment.endsWith("*");
  const script = [
    TOKEN_COMMANDS["github-actions"]?.(place) ?? "",
    toExchange(resource),
    'echo "::add-mask::$TOKEN"',
    'echo "MCP_TOKEN=$TOKEN" >> "$GITHUB_ENV"',
  ];
  return [
    "on: workflow_dispatch",
    "permissions:",
    "  contents: read",
    "  id-token: write",
    "jobs:",
    "  agent:",
    "    runs-on: ubuntu-latest",
    ...(isExact ? [`    environment: ${JSON.stringify(environment)}`] : []),
    "    steps:",
    "      - name: Exchange the token of the job",
    "        run: |",
    indent(script.join("\n"), 10),
    "      - name: List the tools",
    "        run: |",
    indent(toCall(resource).replace("$TOKEN", "$MCP_TOKEN"), 10),
  ].join("\n");
}

function indent(text: string, spaces: number): string {
  return text.replaceAll(/^/gm, " ".repeat(spaces));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
