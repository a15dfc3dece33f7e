import { stringify } from "yaml";
import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { toJson } from "../workers/contract/marketplace/install/quoting.ts";
import { listLost, type Lost } from "./differences.ts";
import type { Language } from "./documents/node.ts";
import { isMap } from "./documents/node.ts";
import { writeTomlTables } from "./documents/write-toml.ts";
import { FORMATS } from "./formats/format.ts";
import { writeInputs } from "./inputs.ts";
import type { Configuration, ConfiguredServer } from "./model.ts";
import { readConfiguration } from "./read.ts";
import { toMembers } from "./write-server.ts";

/** A configuration as one client's file. */
export interface Written {
  text: string;
  language: Language;
  /** What the file does not say, because the client cannot. */
  lost: Lost[];
}

/**
 * Writes a configuration as the file of a client. `lost` is exact: it is the difference between the configuration and what
 * the client reads from the text. A server that is switched off is left out where the client has no switch, because it
 * would be started.
 */
export function writeConfiguration(configuration: Configuration, client: ClientId): Written {
  const { language, enabled } = FORMATS[client];
  const servers = configuration.servers.filter(({ isEnabled }) => isEnabled || enabled !== null);
  const text = writeText(toValue({ ...configuration, servers }, client), language);
  const { configuration: read } = readConfiguration(text, client);
  return { text, language, lost: listLost(configuration, read) };
}

/** The file's content as a value. */
function toValue(
  { client: source, servers, inputs }: Configuration,
  client: ClientId,
): Record<string, unknown> {
  const { isList, roots } = FORMATS[client];
  const isOwn = source === client;
  const toItem = (server: ConfiguredServer) => toMembers(server, client, isOwn);
  const holder = isList
    ? servers.map(toItem)
    : Object.fromEntries(servers.map((server) => [server.name, toItem(server)]));
  const hasInputs = client === "vscode" && inputs.length > 0;
  return {
    ...(hasInputs && { inputs: writeInputs(inputs) }),
    [roots[0]?.[0] ?? ""]: holder,
  };
}

/** A value as text of a language. */
function writeText(value: Record<string, unknown>, language: Language): string {
  switch (language) {
    case "json":
      return `${toJson(value)}\n`;
    case "toml":
      return writeTomlTables(value);
    case "yaml":
      return stringify(toWellFormed(value), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
        defaultStringType: "QUOTE_DOUBLE",
        defaultKeyType: "PLAIN",
        // What YAML 1.1 reads as a number or a switch is quoted too: not every client reads 1.2.
        compat: "yaml-1.1",
      });
  }
}

/** Halves of surrogate pairs cannot be in a file. */
function toWellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(toWellFormed);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toWellFormed(), toWellFormed(member)]),
  );
}
