import { escapeLine } from "../../text/hidden-characters.ts";
import type { ServerDocument } from "../server-document.ts";
import type { ClientId } from "./clients.ts";
import { listChoices, type InstallChoice } from "./compatibility.ts";
import type { ConfigurationFile, InstallVariable } from "./configuration.ts";
import { fill, findDanger, toFile, type FilledServer } from "./installation.ts";
import { toServerKey } from "./server-key.ts";
import { readSetup } from "./setup.ts";
import { Filler, toInputId, type FilledSetup, type Values } from "./values.ts";

/** What a person has typed, by the names of the servers. */
export type PackValues = Readonly<Record<string, Values>>;

/** A server of a pack that is in the configuration. */
export interface PackServer {
  name: string;
  /** Its name in the client, which no other server of the pack has. */
  key: string;
  /** The values that it takes, required ones first. */
  variables: InstallVariable[];
  /** What the client runs or connects to. */
  setup: FilledSetup;
  /** Why it should not be started with these values; null: nothing is known against it. */
  danger: string | null;
  /** What a person reads before the installation. */
  warnings: string[];
}

/** One configuration of a client for several servers. A pack has no links: no client takes several servers from one. */
export interface PackInstallation {
  client: ClientId;
  servers: PackServer[];
  /** Servers that are not in the configuration, and why. */
  leftOut: { name: string; why: string }[];
  /** Null: it has no server. */
  file: ConfigurationFile | null;
  /** What concerns several of its servers. */
  warnings: string[];
}

/** How a person installs several servers in a client, each from its best package or remote. No name is twice in `documents`. */
export function packOf(
  documents: readonly ServerDocument[],
  client: ClientId,
  values: PackValues,
): PackInstallation {
  const pack: PackInstallation = { client, servers: [], leftOut: [], file: null, warnings: [] };
  const filled: FilledServer[] = [];
  const keys = new Set<string>();
  for (const document of documents) {
    const { name } = document;
    const choices = listChoices(document, client);
    const choice = choices.find((candidate) => candidate.how !== "none" && !isBundle(candidate));
    if (!choice) {
      pack.leftOut.push({ name, why: escapeLine(findReason(choices)) });
      continue;
    }
    const key = toFreeKey(toServerKey(name), keys);
    const { setup, variables, warnings } = readSetup(choice, key);
    // What a person types is no reason: it is corrected in a field, which a server that is left out does not have.
    const untyped = new Filler(client, key, {}, false);
    const ownDanger = findDanger(choice, fill(setup, choice, untyped), untyped);
    if (ownDanger !== null) {
      pack.leftOut.push({ name, why: ownDanger });
      continue;
    }
    const typed = Object.hasOwn(values, name) ? (values[name] ?? {}) : {};
    const filler = new Filler(client, key, typed, false);
    const server = { key, setup: fill(setup, choice, filler), filler };
    const danger = findDanger(choice, server.setup, filler);
    keys.add(key);
    const all = [choice.why, ...warnings, ...filler.warnings, danger];
    filled.push(server);
    pack.servers.push({
      name,
      key,
      variables: variables.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired)),
      setup: server.setup,
      danger,
      warnings: [...new Set(all.filter((warning) => warning !== null))].map(escapeLine),
    });
  }
  if (filled.length > 0) pack.file = toFile(client, filled);
  pack.warnings = listShared(client, filled);
  return pack;
}

function isBundle(choice: InstallChoice): boolean {
  return choice.kind === "package" && choice.source.registryType === "mcpb";
}

function findReason(choices: InstallChoice[]): string {
  const [best] = choices;
  if (!best) return "The entry has neither a package nor an address.";
  return best.why ?? "It is a bundle, which has no configuration: install it from its own page.";
}

/** Servers of several publishers can have the same name. */
function toFreeKey(wanted: string, taken: ReadonlySet<string>): string {
  let key = wanted;
  for (let number = 2; taken.has(key); number++) key = `${wanted}-${number}`;
  return key;
}

/** Values that several servers refer to by one name: what the person gives is sent to all of them. */
function listShared(client: ClientId, servers: FilledServer[]): string[] {
  const readers = new Map<string, Set<string>>();
  for (const { key, filler } of servers)
    for (const variable of filler.referenced.values()) {
      const name = client === "vscode" ? toInputId(variable, key) : variable.reference;
      readers.set(name, (readers.get(name) ?? new Set()).add(key));
    }
  return [...readers]
    .filter(([, keys]) => keys.size > 1)
    .map(
      ([name, keys]) =>
        `${[...keys].join(" and ")} take the same value, ${name}. If they need different ones, type them.`,
    );
}
