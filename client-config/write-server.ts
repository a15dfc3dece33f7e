import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { needsBridge, toBridge } from "./bridge.ts";
import { isMap } from "./documents/node.ts";
import { FORMATS, type ClientFormat } from "./formats/format.ts";
import type { ConfiguredServer, NamedValue, Program, Remote, Value } from "./model.ts";
import { findVariable, parseTemplate, writeTemplate, type Place } from "./references.ts";

/** The members that describe a server in a client's file. `isOwn`: the server was read from a file of this client. */
export function toMembers(
  server: ConfiguredServer,
  client: ClientId,
  isOwn: boolean,
): Record<string, unknown> {
  const { connection } = server;
  const written =
    connection.kind === "program"
      ? writeProgram(connection, client)
      : needsBridge(client, connection.transport)
        ? writeProgram(connection.bridge ?? toBridge(connection), client)
        : writeRemote(connection, client);
  const members = {
    ...(client === "goose" || FORMATS[client].isList ? { name: server.name } : {}),
    ...written,
    ...writeSettings(server, FORMATS[client]),
  };
  return isOwn ? merge(members, server.own) : members;
}

function writeProgram(program: Program, client: ClientId): Record<string, unknown> {
  const format = FORMATS[client];
  const write = (value: Value, place: Place) => writeTemplate(value.template, client, place);
  const command = write(program.command, "command");
  const args = program.args.map((value) => write(value, "args"));
  const { passedOn, others } = splitPassedOn(program.env, client);
  const { envFile, workingDirectory } = program;
  return {
    ...writeType(format, "program"),
    ...(format.args === null
      ? { [format.command]: [command, ...args] }
      : { [format.command]: command, [format.args]: args }),
    ...toMap(format.env, writeNamed(others, client, "env")),
    ...toList(client === "codex" ? "env_vars" : "env_keys", passedOn),
    ...(format.workingDirectory !== null &&
      workingDirectory && {
        [format.workingDirectory]: write(workingDirectory, "workingDirectory"),
      }),
    ...(format.envFile !== null && envFile && { [format.envFile]: write(envFile, "envFile") }),
  };
}

/** Codex and Goose pass variables on by name: those that have the same name in the server's environment. */
function splitPassedOn(env: readonly NamedValue[], client: ClientId) {
  const isPassedOn = ({ name, value }: NamedValue) => findVariable(value.template)?.name === name;
  if (client !== "codex" && client !== "goose") return { passedOn: [], others: env };
  return {
    passedOn: env.filter(isPassedOn).map(({ name }) => name),
    others: env.filter((variable) => !isPassedOn(variable)),
  };
}

function writeRemote(remote: Remote, client: ClientId): Record<string, unknown> {
  const format = FORMATS[client];
  const { transport, url, headers } = remote;
  const field = format.urls.find((found) => (found.transport ?? transport) === transport)?.field;
  const text = writeTemplate(url.template, client, "url");
  const address = { ...writeType(format, transport), [field ?? "url"]: text };
  if (client === "codex") return { ...address, ...writeCodexHeaders(headers) };
  const [outer = "", inner] = format.headers;
  const map = toMap(inner ?? outer, writeNamed(headers, client, "headers"));
  const isInner = inner !== undefined && headers.length > 0;
  return {
    ...address,
    ...(isInner ? { [outer]: map } : map),
    ...(client === "goose" && toList("env_keys", listGooseKeys(remote))),
  };
}

/** Codex replaces nothing in texts: a header is a text, a variable, or the bearer token of a variable. */
function writeCodexHeaders(headers: readonly NamedValue[]): Record<string, unknown> {
  const bearer = headers.find(
    ({ name, value }) =>
      name.toLowerCase() === "authorization" && findVariable(value.template, "Bearer "),
  );
  const token = bearer && findVariable(bearer.value.template, "Bearer ");
  const others = headers.filter((header) => header !== bearer);
  const variables = others.flatMap(({ name, value }) => {
    const reference = findVariable(value.template);
    return reference ? [[name, reference.name] as const] : [];
  });
  const texts = others.filter(({ value }) => !findVariable(value.template));
  return {
    ...(token && { bearer_token_env_var: token.name }),
    ...toMap("http_headers", writeNamed(texts, "codex", "headers")),
    ...toMap("env_http_headers", variables),
  };
}

/** The variables that Goose asks for: those that it finds in the texts of its file, meant as variables or not. */
function listGooseKeys({ url, headers }: Remote): string[] {
  const read = ({ template }: Value, place: Place) =>
    parseTemplate(writeTemplate(template, "goose", place), "goose", place);
  const templates = [read(url, "url"), ...headers.map(({ value }) => read(value, "headers"))];
  const names = templates.flat().flatMap((part) => (typeof part === "string" ? [] : [part.name]));
  return [...new Set(names)];
}

function writeType(format: ClientFormat, kind: keyof ClientFormat["types"]): { type?: string } {
  const [type] = format.types[kind];
  return format.typed.includes(kind) && type !== undefined ? { type } : {};
}

function writeNamed(values: readonly NamedValue[], client: ClientId, place: Place) {
  return values.map(
    ({ name, value }) => [name, writeTemplate(value.template, client, place)] as const,
  );
}

function writeSettings(server: ConfiguredServer, format: ClientFormat): Record<string, unknown> {
  const { enabled, timeout, included, excluded } = format;
  const { isEnabled, timeoutMs, includedTools, excludedTools } = server;
  const units = timeoutMs === null || timeout === null ? null : timeoutMs / timeout.unitMs;
  return {
    ...(enabled &&
      (enabled.isWritten || !isEnabled) && {
        [enabled.field]: isEnabled ? enabled.on : !enabled.on,
      }),
    ...(timeout &&
      units !== null && { [timeout.field]: timeout.isWhole ? Math.ceil(units) : units }),
    ...writeApproved(server, format),
    ...(included && writeIncluded(includedTools, included)),
    ...(excluded !== null && toList(excluded, excludedTools)),
  };
}

function writeIncluded(
  tools: ConfiguredServer["includedTools"],
  { field, all }: NonNullable<ClientFormat["included"]>,
): Record<string, string[]> {
  if (tools === null) return all === "star" ? { [field]: ["*"] } : {};
  return all === "empty" ? toList(field, tools) : { [field]: [...tools] };
}

function writeApproved(
  { approvedTools }: ConfiguredServer,
  { approved }: ClientFormat,
): Record<string, unknown> {
  if (!approved) return {};
  if (approved.form === "switch") return approvedTools === "all" ? { [approved.field]: true } : {};
  if (approvedTools === "all")
    return approved.form === "list-or-star" ? { [approved.field]: ["*"] } : {};
  return toList(approved.field, approvedTools);
}

/** Left out where it is empty. */
function toMap(field: string, pairs: readonly (readonly [string, string])[]) {
  return pairs.length === 0 ? {} : { [field]: Object.fromEntries(pairs) };
}

function toList(field: string, items: readonly string[]): Record<string, string[]> {
  return items.length === 0 ? {} : { [field]: [...items] };
}

/** The members of the file are stronger than the written ones: they are what could not be understood. */
function merge(members: Record<string, unknown>, own: Readonly<Record<string, unknown>>) {
  const entries = new Map(Object.entries(members));
  for (const [field, value] of Object.entries(own)) {
    const known = entries.get(field);
    entries.set(field, isMap(known) && isMap(value) ? { ...known, ...value } : value);
  }
  return Object.fromEntries(entries);
}
