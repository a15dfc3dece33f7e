import { needsBridge, toBridge } from "../bridge.ts";
import type { Edit } from "../finding.ts";
import type { ClientFormat } from "../formats/format.ts";
import type { ConfiguredServer, Value } from "../model.ts";
import { canRefer, findForeignTemplate, writeTemplate, type Place } from "../references.ts";
import { toMembers } from "../write-server.ts";
import { checkAddress } from "./check-address.ts";
import type { Entry, Problem } from "./problem.ts";

/** What is left of an example. */
const PLACEHOLDER =
  /^<[^<>]{1,100}>$|^(?:bearer )?your[-_ ].*|^(?:bearer )?(?:x{4,}|\.{3}|changeme|todo|replace[-_ ]?me|insert[-_ ].*|put[-_ ].*[-_ ]here)$|[-_ ]here$/i;
const VARIABLE = /\{[A-Za-z_]\w*\}/;
/** What the types of all clients mean. */
const MEANT: ReadonlyMap<string, keyof ClientFormat["types"]> = new Map([
  ["http", "streamable-http"],
  ["streamable-http", "streamable-http"],
  ["streamableHttp", "streamable-http"],
  ["streamable_http", "streamable-http"],
  ["remote", "streamable-http"],
  ["sse", "sse"],
  ["stdio", "program"],
  ["local", "program"],
]);

/** Checks the texts of a server: references, placeholders, its type, and whether the client can connect to it. */
export function checkServerTexts(server: ConfiguredServer, entry: Entry): Problem[] {
  const texts = listTexts(server);
  return [
    ...texts.flatMap(({ value, place }) => checkText(value, place, entry)),
    ...checkType(server, entry),
    ...checkConnection(server, entry),
    ...(server.connection.kind === "remote" ? checkAddress(server.connection.url) : []),
  ];
}

function listTexts({ connection }: ConfiguredServer): { value: Value; place: Place }[] {
  if (connection.kind === "remote")
    return [
      { value: connection.url, place: "url" },
      ...connection.headers.map(({ value }) => ({ value, place: "headers" as const })),
    ];
  return [
    { value: connection.command, place: "command" },
    ...connection.args.map((value) => ({ value, place: "args" as const })),
    ...connection.env.map(({ value }) => ({ value, place: "env" as const })),
  ];
}

function checkText(value: Value, place: Place, { client, label }: Entry): Problem[] {
  const texts = value.template.filter((part) => typeof part === "string");
  const [only] = value.template;
  if (value.template.length === 1 && typeof only === "string" && PLACEHOLDER.test(only.trim()))
    return [
      {
        severity: "medium",
        path: value.path,
        message: "The value is a placeholder.",
        why: "The server does not work until it is replaced.",
      },
    ];
  const foreign = findForeignTemplate(value.template, client, place);
  if (foreign) {
    const text = writeTemplate(foreign, client, place);
    return [
      {
        severity: "medium",
        path: value.path,
        message: `${label} does not replace this reference.`,
        why: "The server gets the text of the reference, and not the value of the variable.",
        fix: canRefer(client, place)
          ? { title: `Write it as ${label} does`, edits: [{ path: value.path, value: text }] }
          : null,
      },
    ];
  }
  if (place === "url" && texts.some((text) => VARIABLE.test(text)))
    return [
      {
        severity: "medium",
        path: value.path,
        message: "The address has a variable in braces.",
        why: "It is there to be replaced by a value: no client does so.",
      },
    ];
  return [];
}

/** The type is one that the client knows, and is there where the client needs it. */
function checkType(
  server: ConfiguredServer,
  { client, format, label, members, path }: Entry,
): Problem[] {
  const { connection } = server;
  const kind = connection.kind === "program" ? "program" : connection.transport;
  const isBridge = connection.kind === "remote" && !hasAddress(members, format.urls);
  if (isBridge) return [];
  const type = members["type"];
  const known = format.types[kind];
  if (type === undefined) {
    if (client !== "claude-code" || kind === "program") return [];
    const edits: Edit[] = [{ path: [...path, "type"], value: known[0] }];
    return [
      {
        severity: "high",
        path,
        message: "The server has no “type”.",
        why: `${label} takes a server without a type for a program, and refuses it.`,
        fix: { title: `Add “type”: “${known[0]}”`, edits },
      },
    ];
  }
  if (typeof type !== "string") return [];
  const meant = MEANT.get(type);
  const wanted = meant === undefined ? undefined : format.types[meant][0];
  if (wanted === undefined || Object.values(format.types).flat().includes(type)) return [];
  return [
    {
      severity: "medium",
      path: [...path, "type"],
      message: `${label} has no type “${type}”.`,
      why: "It refuses the server, or connects to it in another way.",
      fix: {
        title: `Write “${wanted}”`,
        edits: [{ path: [...path, "type"], value: wanted }],
      },
    },
  ];
}

function checkConnection(server: ConfiguredServer, entry: Entry): Problem[] {
  const { client, format, label, members, path } = entry;
  const { connection } = server;
  if (connection.kind !== "remote" || !hasAddress(members, format.urls)) return [];
  const { transport, url } = connection;
  if (
    client === "gemini-cli" &&
    transport === "sse" &&
    !/\/sse\b/i.test(url.raw) &&
    members["type"] === undefined
  )
    return [
      {
        severity: "medium",
        path: url.path,
        message: "Gemini CLI connects to “url” with the old SSE transport.",
        why: "Most servers speak streamable HTTP, for which the member is “httpUrl”.",
        fix: {
          title: "Rename it to “httpUrl”",
          edits: [
            { path: url.path, value: undefined },
            { path: [...path, "httpUrl"], value: url.raw },
          ],
        },
      },
    ];
  if (!needsBridge(client, transport)) return [];
  const { type: _type, ...own } = server.own;
  const bridged = toMembers({ ...server, own, connection: toBridge(connection) }, client, true);
  return [
    {
      severity: "high",
      path: url.path,
      message:
        client === "claude-desktop"
          ? "Claude Desktop’s file takes programs only."
          : `${label} does not connect to servers with the SSE transport.`,
      why:
        client === "claude-desktop"
          ? "The address is ignored. Add it under Settings > Connectors, or connect to it with mcp-remote."
          : "mcp-remote can do so.",
      fix: { title: "Use mcp-remote", edits: [{ path, value: bridged }] },
    },
  ];
}

function hasAddress(members: Entry["members"], urls: readonly { field: string }[]): boolean {
  return urls.some(({ field }) => Object.hasOwn(members, field));
}
