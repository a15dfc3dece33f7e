import { toQuoted, toQuotedList } from "./quoting.ts";
import type { FilledSetup, FilledSlot } from "./values.ts";

/** Codex reads neither `headers` nor variables in texts: it takes variables by their names. */
export function toCodexText(key: string, setup: FilledSetup): string {
  const lines = [`[mcp_servers.${key}]`];
  if (setup.kind === "program") {
    const { command, options, args, env } = setup;
    // A variable with another name than the person's cannot be passed on by name.
    const isPassedOn = ({ name, isReference, open: [variable] }: FilledSlot) =>
      isReference && variable?.reference === name;
    lines.push(`command = ${toQuoted(command)}`, `args = ${toQuotedList([...options, ...args])}`);
    pushTable(lines, "env", toPairs(env.filter((slot) => !isPassedOn(slot))));
    const names = env.filter(isPassedOn).map(({ name }) => name);
    if (names.length > 0) lines.push(`env_vars = ${toQuotedList(names)}`);
    return lines.join("\n");
  }
  lines.push(`url = ${toQuoted(setup.url)}`);
  const bearer = findBearer(setup);
  if (bearer !== null) lines.push(`bearer_token_env_var = ${toQuoted(bearer)}`);
  const headers = setup.headers.filter((slot) => bearer === null || !slot.isBearer);
  pushTable(lines, "http_headers", toPairs(headers.filter(({ open }) => open.length === 0)));
  pushTable(
    lines,
    "env_http_headers",
    headers.flatMap(({ name, open: [variable] }) =>
      variable ? [[name, variable.reference] as const] : [],
    ),
  );
  return lines.join("\n");
}

/** The variable from which Codex reads the token; null: the server takes none in this way. */
export function findBearer(setup: FilledSetup & { kind: "address" }): string | null {
  const slot = setup.headers.find(
    ({ name, isBearer }) => isBearer && name.toLowerCase() === "authorization",
  );
  return slot?.open[0]?.reference ?? null;
}

function toPairs(slots: FilledSlot[]) {
  return slots.map(({ name, text }) => [name, text] as const);
}

function pushTable(lines: string[], name: string, pairs: (readonly [string, string])[]): void {
  const cells = pairs.map(([key, value]) => `${toQuoted(key)} = ${toQuoted(value)}`);
  if (cells.length > 0) lines.push(`${name} = { ${cells.join(", ")} }`);
}

/** Goose asks for the variables in `env_keys`, and keeps them in the system's keyring. */
export function toGooseText(key: string, setup: FilledSetup): string {
  const slots = setup.kind === "program" ? setup.env : setup.headers;
  const keys =
    setup.kind === "program"
      ? slots.filter(({ open }) => open.length > 0).map(({ name }) => name)
      : [];
  const lines = ["extensions:", `  ${toQuoted(key)}:`, `    name: ${toQuoted(key)}`];
  const filled = setup.kind === "program" ? slots.filter(({ open }) => open.length === 0) : [];
  if (setup.kind === "program")
    lines.push(
      "    type: stdio",
      "    enabled: true",
      `    cmd: ${toQuoted(setup.command)}`,
      `    args: ${toQuotedList([...setup.options, ...setup.args])}`,
    );
  else
    lines.push(
      "    type: streamable_http",
      "    enabled: true",
      `    uri: ${toQuoted(setup.url)}`,
      `    headers: ${toYamlMap(slots)}`,
    );
  lines.push(
    `    envs: ${toYamlMap(filled)}`,
    `    env_keys: ${toQuotedList(keys)}`,
    "    timeout: 300",
  );
  return lines.join("\n");
}

/** Continue reads `${{ secrets.NAME }}` from `~/.continue/.env`. */
export function toContinueText(key: string, setup: FilledSetup): string {
  const lines = ["mcpServers:", `  - name: ${toQuoted(key)}`];
  if (setup.kind === "program")
    lines.push(
      "    type: stdio",
      `    command: ${toQuoted(setup.command)}`,
      `    args: ${toQuotedList([...setup.options, ...setup.args])}`,
      `    env: ${toYamlMap(setup.env)}`,
    );
  else
    lines.push(
      `    type: ${setup.type}`,
      `    url: ${toQuoted(setup.url)}`,
      "    requestOptions:",
      `      headers: ${toYamlMap(setup.headers)}`,
    );
  return lines.join("\n");
}

/** A map in YAML's flow style. */
function toYamlMap(slots: FilledSlot[]): string {
  const cells = slots.map(({ name, text }) => `${toQuoted(name)}: ${toQuoted(text)}`);
  return `{${cells.join(", ")}}`;
}
