import { escapeLine } from "../../text/hidden-characters.ts";
import type { ServerDocument } from "../server-document.ts";
import { toBridge } from "./bridge.ts";
import { CLIENT_TRAITS, type ClientId } from "./clients.ts";
import { toBundle, toClientCommands } from "./commands.ts";
import { listChoices, type InstallChoice } from "./compatibility.ts";
import type { ConfigurationFile, Installation, InstallVariable } from "./configuration.ts";
import { findAddressDanger, findHintDanger, findRegistryDanger, listDangers } from "./dangers.ts";
import { withoutVariables } from "./harmless-options.ts";
import { JSON_CLIENTS, toInputs, toServerObject } from "./json-clients.ts";
import { hasLinks, toLinks } from "./links.ts";
import { CLIENT_PATHS } from "./paths.ts";
import { isPlainLine, toJson } from "./quoting.ts";
import { toServerKey } from "./server-key.ts";
import { readSetup, type Setup } from "./setup.ts";
import type { References } from "./template.ts";
import { toCodexText, toContinueText, toGooseText } from "./text-clients.ts";
import { Filler, hasPlaceholders, type FilledSetup, type Values } from "./values.ts";

/**
 * How a person installs a server in a client. `values`: what the person has typed, by the ids of the variables; it stays
 * where this function runs. `chosen`: a package or remote; absent: the best one.
 * `references`: the variables or inputs that the configuration refers to, by the ids of the variables; absent: named after
 * the server. Null: the client cannot run it.
 */
export function installOf(
  document: ServerDocument,
  client: ClientId,
  values: Values,
  chosen?: Installation["choice"],
  references?: References,
): Installation | null {
  const choices = listChoices(document, client);
  const choice = chosen
    ? choices.find(({ kind, index }) => kind === chosen.kind && index === chosen.index)
    : choices[0];
  if (!choice || choice.how === "none") return null;
  const key = toServerKey(document.name);
  const { how, why, kind, index } = choice;
  const common = { client, key, how, why, choice: { kind, index } };
  if (choice.kind === "package" && choice.source.registryType === "mcpb") {
    const { identifier, fileSha256 } = choice.source;
    const bundle = toBundle(key, identifier, (fileSha256 ?? "").toLowerCase());
    const nothing = { variables: [], file: null, commands: null, links: [], noLink: null };
    return { ...common, ...nothing, bundle, danger: null, warnings: [] };
  }
  const { setup, variables, warnings } = readSetup(choice, key, references);
  const filler = new Filler(client, key, values, false);
  const filled = fill(setup, choice, filler);
  const file = toFile(client, [{ key, setup: filled, filler }]);
  const danger = findDanger(choice, filled, filler);
  return {
    ...common,
    variables: variables.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired)),
    file,
    // What a click must not start is no command to copy without a look at the file either.
    commands: danger === null ? toClientCommands(client, key, filled, filler) : null,
    ...toLinksOf({ document, client, key, values, setup, choice, danger }),
    bundle: null,
    danger,
    warnings: [
      ...new Set([...warnings, ...filler.warnings, ...(danger === null ? [] : [danger])]),
    ].map(escapeLine),
  };
}

/** Fills the values into a package or remote, as the client runs it. */
export function fill(setup: Setup, choice: InstallChoice, filler: Filler): FilledSetup {
  const filled = filler.fill(setup);
  if (filled.kind === "address") return choice.how === "bridge" ? toBridge(filled) : filled;
  const set = new Set(filled.env.map(({ name }) => name));
  const declared = setup.kind === "program" ? setup.env : [];
  const unset = declared.flatMap(({ name }) => (set.has(name) ? [] : [name]));
  const withoutUnset = (options: string[]) => withoutVariables(filled.command, options, unset);
  const { options, entryOptions } = filled;
  return {
    ...filled,
    options: withoutUnset(options),
    entryOptions: withoutUnset(entryOptions),
  };
}

/** A server with its values. `key`: its name in the client. */
export interface FilledServer {
  key: string;
  setup: FilledSetup;
  filler: Filler;
}

/** The file of a client with servers, of which each has another key. */
export function toFile(client: ClientId, servers: FilledServer[]): ConfigurationFile {
  const { paths, project } = CLIENT_PATHS[client];
  return { paths, projectPaths: project, ...toFileText(client, servers) };
}

function toFileText(
  client: ClientId,
  servers: FilledServer[],
): Pick<ConfigurationFile, "language" | "text"> {
  switch (client) {
    case "codex": {
      const tables = servers.map(({ key, setup }) => toCodexText(key, setup));
      return { language: "toml", text: tables.join("\n\n") };
    }
    case "goose":
      return toYaml(servers.map(({ key, setup }) => toGooseText(key, setup)));
    case "continue":
      return toYaml(servers.map(({ key, setup }) => toContinueText(key, setup)));
    default: {
      const objects = servers.map(
        ({ key, setup }) => [key, toServerObject(client, setup)] as const,
      );
      const file = { [JSON_CLIENTS[client].root]: Object.fromEntries(objects) };
      const inputs =
        client === "vscode"
          ? servers.flatMap(({ key, filler }) => toInputs(filler.referenced.values(), key))
          : [];
      const text = toJson(inputs.length > 0 ? { inputs, ...file } : file);
      return { language: "json", text };
    }
  }
}

/** Files of one server each have the same first line, which all servers are below. */
function toYaml(texts: string[]): Pick<ConfigurationFile, "language" | "text"> {
  const [first = "", ...others] = texts;
  const text = [first, ...others.map((other) => other.slice(other.indexOf("\n") + 1))].join("\n");
  return { language: "yaml", text };
}

/** Why a click or a copied command must not install the server; null: nothing is known against it. */
export function findDanger(
  choice: InstallChoice,
  setup: FilledSetup,
  { warnings }: Filler,
): string | null {
  const words =
    setup.kind === "program"
      ? [setup.command, ...setup.options, ...setup.args, ...toTexts(setup.env)]
      : [setup.url, ...toTexts(setup.headers)];
  const source = choice.kind === "package" ? choice.source : null;
  const declared = (source?.environmentVariables ?? []).map(({ name }) => name.trim());
  const dangers = [
    ...(source === null ? [] : [findHintDanger(source), findRegistryDanger(source)]),
    ...(setup.kind === "program"
      ? listDangers({ ...setup, env: setup.env.map(({ name }) => name), declared, source })
      : [findAddressDanger(setup.url)]),
    ...warnings,
    words.every(isPlainLine)
      ? null
      : "The configuration has characters that a reader does not see.",
  ];
  const danger = dangers.find((found) => found !== null);
  return danger === undefined ? null : escapeLine(danger);
}

function toTexts(slots: { name: string; text: string }[]): string[] {
  return slots.flatMap(({ name, text }) => [name, text]);
}

/** The links of a client, made of what they show: secrets are never in them. */
function toLinksOf(parts: {
  document: ServerDocument;
  client: ClientId;
  key: string;
  values: Values;
  setup: Setup;
  choice: InstallChoice;
  danger: string | null;
}): Pick<Installation, "links" | "noLink"> {
  const { document, client, key, values, setup, choice } = parts;
  if (!hasLinks(client)) return { links: [], noLink: null };
  if (parts.danger !== null) return { links: [], noLink: parts.danger };
  const filler = new Filler(client, key, values, true);
  const filled = fill(setup, choice, filler);
  const referenced = [...filler.referenced.values()];
  const links = toLinks(client, { key, name: document.name, setup: filled, referenced });
  const { label } = CLIENT_TRAITS[client];
  const open = hasPlaceholders(client) ? [...filler.inWords] : [];
  if (links.length > 0 && open.length > 0) return { links: [], noLink: describeOpen(label, open) };
  return {
    links,
    noLink:
      links.length > 0 ? null : `${label} installs from links what npx, uvx or docker starts.`,
  };
}

/** A link would install the server with `<name>` in its address or command. */
function describeOpen(label: string, open: InstallVariable[]): string {
  const secrets = open.filter(({ isSecret }) => isSecret);
  const names = (secrets.length > 0 ? secrets : open).map(({ name }) => name).join(", ");
  return escapeLine(
    secrets.length > 0
      ? `The address or command contains ${names}, and secrets are never in a link.`
      : `Fill in ${names} first: ${label} does not ask for it.`,
  );
}
