import {
  CLIENT_TRAITS,
  type ClientId,
} from "../../workers/contract/marketplace/install/clients.ts";
import { compatibilityOf } from "../../workers/contract/marketplace/install/compatibility.ts";
import type {
  Installation,
  InstallVariable,
} from "../../workers/contract/marketplace/install/configuration.ts";
import { findAddressDanger } from "../../workers/contract/marketplace/install/dangers.ts";
import { installOf } from "../../workers/contract/marketplace/install/installation.ts";
import { JSON_CLIENTS } from "../../workers/contract/marketplace/install/json-clients.ts";
import { isPlainLine } from "../../workers/contract/marketplace/install/quoting.ts";
import { toServerKey } from "../../workers/contract/marketplace/install/server-key.ts";
import type { ServerDocument } from "../../workers/contract/marketplace/server-document.ts";
import { readDocument, type Language } from "./documents/document.ts";
import { findValue, isMap, type Item, type Place } from "./places.ts";
import type { ListedServer } from "./registry-page.ts";

/** How servers are written. */
export interface WriteOptions {
  /** The registry's address. A server at its origin gets the registry's token. */
  registryUrl: string;
  /** The environment variable with the registry's token; null: none was named. */
  tokenEnv: string | null;
  /** Whether secrets are written into files of clients that cannot refer to variables. */
  allowsLiteralTokens: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

/** What a client's file should have of one server. */
export interface ServerItems {
  server: string;
  items: Item[];
  /** What the person reads of it. */
  notes: string[];
  /** Environment variables that the client reads when it starts the server. */
  variables: string[];
  /** Why nothing is written; null: `items` are. */
  skipped: string | null;
}

/** The language of a client's file. */
export function toLanguage(client: ClientId): Language {
  if (client === "codex") return "toml";
  return client === "goose" || client === "continue" ? "yaml" : "json";
}

/** The items of the servers in a client's file, in the order of their names. Two servers never have one name there. */
export function listItems(
  servers: ListedServer[],
  client: ClientId,
  options: WriteOptions,
): ServerItems[] {
  const taken = new Set<string>();
  const sorted = servers.toSorted((a, b) => (a.document.name < b.document.name ? -1 : 1));
  return sorted.map(({ document, deprecation }) => {
    const key = findFreeKey(toServerKey(document.name), taken);
    taken.add(key);
    const found = toServerItems(document, key, client, options);
    const note =
      deprecation === null ? [] : [`The registry calls it deprecated. ${deprecation}`.trim()];
    return { ...found, notes: [...note, ...found.notes] };
  });
}

function findFreeKey(wanted: string, taken: ReadonlySet<string>): string {
  let key = wanted;
  for (let number = 2; taken.has(key); number++) {
    const end = `-${number}`;
    key = wanted.slice(0, 25 - end.length) + end;
  }
  return key;
}

function toServerItems(
  entry: ServerDocument,
  key: string,
  client: ClientId,
  options: WriteOptions,
): ServerItems {
  // The part behind the slash becomes the name in the client.
  const document = { ...entry, name: `server/${key}` };
  const skip = (skipped: string): ServerItems => ({
    server: entry.name,
    items: [],
    notes: [],
    variables: [],
    skipped,
  });
  const first = installOf(document, client, {});
  if (!first) return skip(compatibilityOf(document)[client].why ?? "The client cannot run it.");
  const references = toReferences(document, first, options);
  const shown = installOf(document, client, {}, first.choice, references) ?? first;
  if (!shown.file) return skip("It is a bundle, which a person installs.");
  const ownDanger = findOwnDanger(document, first, options);
  if (shown.danger !== null && shown.danger !== ownDanger)
    return skip(`${shown.danger} (Add it by hand if you want it.)`);
  const shownItems = readItems(shown, client, entry.name);
  const open = shown.variables.filter((variable) => isOpen(variable, shownItems));
  const values = findValues(open, client, options);
  if ("missing" in values) return skip(values.missing);
  const filled = installOf(document, client, values.values, first.choice, references) ?? shown;
  // Warnings can quote values, which are not shown.
  if (filled.warnings.some((warning) => !shown.warnings.includes(warning)))
    return skip("A value for it is no part of a valid address, or the client would change it.");
  const items = readItems(filled, client, entry.name).map((item, index) => ({
    ...item,
    shown: shownItems[index]?.value ?? null,
  }));
  return {
    server: entry.name,
    items,
    notes: shown.warnings.filter((warning) => warning !== ownDanger),
    variables: filled.variables
      .filter(
        ({ reference }) => client !== "vscode" && mentions(filled.file?.text ?? "", reference),
      )
      .map(({ reference }) => reference),
    skipped: null,
  };
}

function findRemote(document: ServerDocument, { choice }: Installation) {
  return choice.kind === "remote" ? document.remotes[choice.index] : undefined;
}

/** Whether the server is at the registry's origin, as those of a workspace's registry are. */
function isAtRegistry(
  document: ServerDocument,
  installation: Installation,
  { registryUrl }: WriteOptions,
): boolean {
  const url = findRemote(document, installation)?.url ?? "";
  return URL.canParse(url) && new URL(url).origin === new URL(registryUrl).origin;
}

/** The warning of an address that is the registry's too, which the person has named; null: there is none. */
function findOwnDanger(
  document: ServerDocument,
  installation: Installation,
  options: WriteOptions,
): string | null {
  const remote = findRemote(document, installation);
  if (!remote || !isAtRegistry(document, installation, options)) return null;
  const texts = [remote.url, ...remote.headers.map(({ value }) => value ?? "")];
  return texts.every(isPlainLine) ? findAddressDanger(remote.url) : null;
}

/** The registry's token is also that of the servers at its origin: all of them refer to one variable. */
function toReferences(
  document: ServerDocument,
  installation: Installation,
  options: WriteOptions,
): Record<string, string> {
  if (options.tokenEnv === null || !isAtRegistry(document, installation, options)) return {};
  const secrets = installation.variables.filter(
    ({ place, isSecret, id }) =>
      place === "header" && isSecret && id.startsWith("header:authorization"),
  );
  return secrets[0] && secrets.length === 1 ? { [secrets[0].id]: options.tokenEnv } : {};
}

/** Whether the client's text has a stand-in for the value, because the client cannot refer to a variable. */
function isOpen({ name }: InstallVariable, items: Item[]): boolean {
  return items.some(({ value }) =>
    JSON.stringify(value).includes(JSON.stringify(`<${name}>`).slice(1, -1)),
  );
}

function findValues(
  open: InstallVariable[],
  client: ClientId,
  { env, allowsLiteralTokens }: WriteOptions,
): { values: Record<string, string> } | { missing: string } {
  const { label } = CLIENT_TRAITS[client];
  const values: Record<string, string> = {};
  for (const { id, name, reference, isSecret } of open) {
    if (isSecret && !allowsLiteralTokens)
      return {
        missing: `${label} cannot refer to a variable for ${name}. --allow-literal-token writes the value of ${reference} into the file.`,
      };
    const value = env[reference]?.trim();
    if (!value)
      return {
        missing: `${label} needs a value for ${name} in its file. Set the environment variable ${reference}.`,
      };
    values[id] = value;
  }
  return { values };
}

/** The parts of the installation's text, with their places. */
function readItems({ key, file }: Installation, client: ClientId, server: string): Item[] {
  const text = file?.text ?? "";
  const root = readDocument(toLanguage(client), text);
  const main: Place = { root: toRoot(client), field: client === "continue" ? "name" : null, key };
  const inputs =
    Object.hasOwn(root, "inputs") && Array.isArray(root["inputs"]) ? root["inputs"] : [];
  const places: Place[] = [
    ...inputs.flatMap((input: unknown) =>
      isMap(input) && typeof input["id"] === "string"
        ? [{ root: "inputs", field: "id" as const, key: input["id"] }]
        : [],
    ),
    main,
  ];
  return places.map((place) => {
    const value = findValue(root, place);
    return { place, value, text, shown: value, servers: [server] };
  });
}

function toRoot(client: ClientId): string {
  switch (client) {
    case "codex":
      return "mcp_servers";
    case "goose":
      return "extensions";
    case "continue":
      return "mcpServers";
    default:
      return JSON_CLIENTS[client].root;
  }
}

function mentions(text: string, reference: string): boolean {
  return new RegExp(`\\b${reference}\\b`).test(text);
}
