import { CLIENT_TRAITS, type ClientId } from "../workers/contract/marketplace/install/clients.ts";
import type { NamedValue, Program, Reference, Remote, Template, Value } from "./model.ts";
import { toTemplate } from "./references.ts";

/** Whether a client needs mcp-remote for a server. */
export function needsBridge(client: ClientId, transport: Remote["transport"]): boolean {
  return !CLIENT_TRAITS[client].remotes.includes(transport);
}

/** The server behind mcp-remote where the client needs that; otherwise the connection unchanged. */
export function readBridge(connection: Program | Remote, client: ClientId): Program | Remote {
  if (connection.kind === "remote") return connection;
  const remote = findRemote(connection);
  if (!remote || !needsBridge(client, remote.transport)) return connection;
  const isUsual = toBridgeKey(toBridge(remote)) === toBridgeKey(connection);
  return isUsual ? remote : { ...remote, bridge: connection };
}

/** The address that a program connects to as mcp-remote; null: it is another program. */
function findRemote(program: Program): Remote | null {
  const words = [program.command, ...program.args];
  const at = words.findIndex(({ raw }) => /^mcp-remote(?:@[^\s/]+)?$/.test(raw));
  const isRunner = words
    .slice(0, at)
    .every(({ raw }) => /^(?:cmd(?:\.exe)?|\/c|(?:npx|bunx|pnpx)(?:\.cmd)?|-y|--yes)$/i.test(raw));
  const url = words[at + 1];
  if (at === -1 || !isRunner || !url || !/^https?:\/\//i.test(url.raw)) return null;
  const options = words.slice(at + 2);
  const env = new Map(program.env.map(({ name, value }) => [name, value]));
  const transport = findOption(options, "--transport");
  return {
    kind: "remote",
    transport: transport?.startsWith("sse") ? "sse" : "streamable-http",
    url,
    headers: options.flatMap(({ raw }, index) => {
      const header = raw === "--header" ? options[index + 1] : undefined;
      return header ? [readHeader(header, env)] : [];
    }),
    bridge: null,
  };
}

function findOption(options: readonly Value[], name: string): string | undefined {
  const at = options.findIndex(({ raw }) => raw === name);
  return at === -1 ? undefined : options[at + 1]?.raw;
}

/** `Name:value`, in which mcp-remote itself replaces `${VARIABLE}`. */
function readHeader({ raw, path }: Value, env: ReadonlyMap<string, Value>): NamedValue {
  const colon = raw.includes(":") ? raw.indexOf(":") : raw.length;
  const text = raw.slice(colon + 1).trim();
  const whole = /^\$\{([^{}]+)\}$/.exec(text);
  const variable = whole ? env.get(whole[1] ?? "") : undefined;
  return {
    name: raw.slice(0, colon).trim(),
    value: variable ?? { template: fillVariables(text, env), raw: text, path },
  };
}

function fillVariables(text: string, env: ReadonlyMap<string, Value>): Template {
  const parts: (string | Reference)[] = [];
  let from = 0;
  for (const { 0: found, 1: name = "", index } of text.matchAll(/\$\{([^{}]+)\}/g)) {
    const value = env.get(name)?.template ?? [{ kind: "environment", name, default: null }];
    parts.push(text.slice(from, index), ...value);
    from = index + found.length;
  }
  return toTemplate([...parts, text.slice(from)]);
}

/** mcp-remote for a server, as the instructions of the marketplace write it. */
export function toBridge({ transport, url, headers }: Remote): Program {
  const names = headers.map((_header, index) => `HEADER_${index + 1}`);
  const args = [
    toText("-y"),
    toText("mcp-remote"),
    url,
    ...(transport === "sse" ? [toText("--transport"), toText("sse-only")] : []),
    ...(/^http:/i.test(url.raw) ? [toText("--allow-http")] : []),
    // Claude Desktop splits arguments at spaces, so that the value is in a variable.
    ...headers.flatMap(({ name }, index) => [
      toText("--header"),
      toText(`${name}:\${${names[index]}}`),
    ]),
  ];
  return {
    kind: "program",
    command: toText("npx"),
    args,
    env: headers.map(({ value }, index) => ({ name: names[index] ?? "", value })),
    envFile: null,
    workingDirectory: null,
  };
}

function toText(raw: string): Value {
  return { template: [raw], raw, path: [] };
}

/** A program that runs mcp-remote as a text. What mcp-remote replaces in its arguments is no reference of the client. */
export function toBridgeKey({ command, args, env, envFile, workingDirectory }: Program): string {
  const names = env
    .map(({ name, value }) => ({ name, template: value.template }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify([
    [command, ...args].map(({ raw }) => raw),
    names,
    envFile?.template,
    workingDirectory?.template,
  ]);
}
