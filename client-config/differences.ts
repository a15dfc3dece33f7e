import { CLIENT_TRAITS, type ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { toBridge, toBridgeKey } from "./bridge.ts";
import { FORMATS } from "./formats/format.ts";
import type {
  Configuration,
  ConfiguredServer,
  NamedValue,
  Program,
  Reference,
  Remote,
  Template,
  Value,
} from "./model.ts";
import { canRefer, toEnvironment, toVariableName, type Place } from "./references.ts";

/** What a client's file does not say of a configuration. */
export interface Lost {
  /** Null: it is an input of the whole file. */
  server: string | null;
  /** `server`: all of it. `own`: a member that only the other client knows, in `name`. */
  member:
    | Place
    | "server"
    | "transport"
    | "bridge"
    | "isEnabled"
    | "timeoutMs"
    | "approvedTools"
    | "includedTools"
    | "excludedTools"
    | "own"
    | "input";
  /** Name of the variable, header, input or own member, or the argument’s index; null: there is one only. */
  name: string | null;
  /** Why, in a sentence, and what is there instead. */
  why: string;
}

type Difference = Omit<Lost, "server">;

/** The differences between a configuration and what a client has read from its file. */
export function listLost(before: Configuration, after: Configuration): Lost[] {
  const { client } = after;
  const label = CLIENT_TRAITS[client].label;
  const left = groupByName(after.servers);
  const servers = before.servers.flatMap((server): Lost[] => {
    const found = left.get(server.name)?.shift();
    if (found)
      return compareServers(server, found, client).map((lost) => ({
        server: server.name,
        ...lost,
      }));
    const why = server.isEnabled
      ? `Another server has the same name, and ${label} keeps servers by their names.`
      : `It is switched off, and ${label} has no switch for a server: it would be started. So it is left out.`;
    return [{ server: server.name, member: "server", name: null, why }];
  });
  return [...listLostInputs(before, after), ...servers];
}

/** The last ones of a name remain in files that keep servers by their names. */
function groupByName(servers: readonly ConfiguredServer[]): Map<string, ConfiguredServer[]> {
  return Map.groupBy(servers, ({ name }) => name);
}

function listLostInputs(before: Configuration, after: Configuration): Lost[] {
  const { label } = CLIENT_TRAITS[after.client];
  if (after.client === "vscode") return [];
  const referenced = before.servers.flatMap(({ connection }) => listReferences(connection));
  const ids = referenced.flatMap(({ kind, name }) => (kind === "input" ? [name] : []));
  return [...new Set([...before.inputs.map(({ id }) => id), ...ids])].map((id) => {
    const name = toVariableName(id);
    const why =
      canRefer(after.client, "headers") || after.client === "codex"
        ? `${label} does not ask for values. Set the environment variable ${name}.`
        : `${label} does not ask for values. Replace <${name}> in the file.`;
    return { server: null, member: "input" as const, name: id, why };
  });
}

/** Every reference of a connection. */
function listReferences(connection: Program | Remote): Reference[] {
  const named = connection.kind === "program" ? connection.env : connection.headers;
  const values: (Value | null)[] =
    connection.kind === "program"
      ? [connection.command, ...connection.args, connection.envFile, connection.workingDirectory]
      : [connection.url];
  return [...values, ...named.map(({ value }) => value)].flatMap((value) =>
    (value?.template ?? []).filter((part) => typeof part === "object"),
  );
}

function compareServers(
  before: ConfiguredServer,
  after: ConfiguredServer,
  client: ClientId,
): Difference[] {
  return [
    ...compareConnections(before.connection, after.connection, client),
    ...compareSettings(before, after, CLIENT_TRAITS[client].label),
    ...Object.keys(before.own)
      .filter((name) => !Object.hasOwn(after.own, name))
      .map((name) => ({
        member: "own" as const,
        name,
        why: `${CLIENT_TRAITS[client].label} has no setting “${name}”.`,
      })),
  ];
}

function compareSettings(
  before: ConfiguredServer,
  after: ConfiguredServer,
  label: string,
): Difference[] {
  const reasons: Partial<Record<keyof ConfiguredServer & Lost["member"], string>> = {
    isEnabled: `${label} has no switch for a server.`,
    timeoutMs:
      after.timeoutMs === null
        ? `${label} has no time limit for the calls of one server.`
        : `${label} counts whole seconds: it is ${after.timeoutMs / 1000} seconds.`,
    approvedTools: `${label} does not say this in its file: it asks before these tools run.`,
    includedTools: `${label} has no list of the tools that the model gets: it gets all of them.`,
    excludedTools: `${label} has no list of tools that the model does not get: it gets them too.`,
  };
  return Object.entries(reasons).flatMap(([member, why]) => {
    const field = member as keyof typeof reasons;
    const isSame = JSON.stringify(before[field]) === JSON.stringify(after[field]);
    return isSame ? [] : [{ member: field, name: null, why }];
  });
}

function compareConnections(
  before: Program | Remote,
  after: Program | Remote,
  client: ClientId,
): Difference[] {
  if (before.kind === "program" && after.kind === "program")
    return comparePrograms(before, after, client);
  if (before.kind === "remote" && after.kind === "remote")
    return compareRemotes(before, after, client);
  const { label } = CLIENT_TRAITS[client];
  return [
    { member: "server", name: null, why: `${label} would read it as another kind of server.` },
  ];
}

function comparePrograms(before: Program, after: Program, client: ClientId): Difference[] {
  const { label } = CLIENT_TRAITS[client];
  const args = before.args.flatMap((value, index) => {
    const other = after.args[index];
    return other && isSame(value, other, client)
      ? []
      : [
          {
            member: "args" as const,
            name: String(index),
            why: explain(value, other, client, "args"),
          },
        ];
  });
  const files = (["envFile", "workingDirectory"] as const).flatMap((member) => {
    const value = before[member];
    const other = after[member];
    if (!value || (other && isSame(value, other, client))) return [];
    const why = other
      ? explain(value, other, client, member)
      : member === "envFile"
        ? `${label} reads no file with variables.`
        : `${label} cannot set the folder in which the program starts.`;
    return [{ member, name: null, why }];
  });
  return [
    ...(isSame(before.command, after.command, client)
      ? []
      : [
          {
            member: "command" as const,
            name: null,
            why: explain(before.command, after.command, client, "command"),
          },
        ]),
    ...args,
    ...compareNamed(before.env, after.env, client, "env"),
    ...files,
  ];
}

function compareRemotes(before: Remote, after: Remote, client: ClientId): Difference[] {
  const { label } = CLIENT_TRAITS[client];
  const isTried = FORMATS[client].presumed === null;
  const instead = after.transport === "sse" ? "SSE" : "streamable HTTP";
  return [
    ...(before.transport === after.transport
      ? []
      : [
          {
            member: "transport" as const,
            name: null,
            why: isTried
              ? `${label} does not say the transport in its file: it tries both.`
              : `${label} connects to it with ${instead}.`,
          },
        ]),
    ...(isSame(before.url, after.url, client)
      ? []
      : [
          {
            member: "url" as const,
            name: null,
            why: explain(before.url, after.url, client, "url"),
          },
        ]),
    ...compareNamed(before.headers, after.headers, client, "headers"),
    ...(before.bridge && toBridgeKey(before.bridge) !== toBridgeKey(after.bridge ?? toBridge(after))
      ? [
          {
            member: "bridge" as const,
            name: null,
            why: `${label} connects to the server without mcp-remote, so its options and version go.`,
          },
        ]
      : []),
  ];
}

function compareNamed(
  before: readonly NamedValue[],
  after: readonly NamedValue[],
  client: ClientId,
  place: "env" | "headers",
): Difference[] {
  const toId = (name: string) => (place === "headers" ? name.toLowerCase() : name);
  const others = new Map(after.map(({ name, value }) => [toId(name), value]));
  return before.flatMap(({ name, value }) => {
    const other = others.get(toId(name));
    return other && isSame(value, other, client)
      ? []
      : [{ member: place, name, why: explain(value, other, client, place) }];
  });
}

/** An input that became a variable is named once, with the inputs. */
function isSame(before: Value, after: Value, client: ClientId): boolean {
  return toText(before.template, client) === toText(after.template, client);
}

function toText(template: Template, client: ClientId): string {
  return JSON.stringify(
    template.map((part) =>
      typeof part === "object" && part.kind === "input" && client !== "vscode"
        ? toEnvironment(part)
        : part,
    ),
  );
}

/** Why a text is another one. */
function explain(before: Value, after: Value | undefined, client: ClientId, place: Place): string {
  const { label } = CLIENT_TRAITS[client];
  const references = before.template.filter((part) => typeof part === "object");
  const [reference] = references;
  if (!after) return `${label} cannot keep it.`;
  if (!reference) return `${label} replaces a part of this text by a variable.`;
  const { name } = toEnvironment(reference);
  const isReplaced = after.template.some((part) => typeof part === "object");
  if (!isReplaced)
    return `${label} does not replace variables ${place === "args" || place === "command" ? "in commands" : "here"}: replace <${name}> in the file.`;
  if (reference.kind === "file") return `${label} cannot read a value from a file.`;
  return references.some(({ default: preset }) => preset !== null)
    ? `${label} has no default for a variable that is not set.`
    : `${label} reads this text in another way.`;
}
