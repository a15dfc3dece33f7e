import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { toPackageKey } from "../../workers/contract/marketplace/package-key.ts";
import type { ServerDocument } from "../../workers/contract/marketplace/server-document.ts";
import type { ConfigurationDocument } from "../documents/document.ts";
import type { Finding } from "../finding.ts";
import { FORMATS } from "../formats/format.ts";
import type { ConfiguredServer, Program, Remote } from "../model.ts";
import type { Reading } from "../read.ts";
import { canRefer, writeTemplate } from "../references.ts";
import { findPackage, type StartedPackage } from "./package.ts";
import type { Problem } from "./problem.ts";

type LookUp = { package: string } | { url: string };
/** Servers of a file that a catalogue is asked for. */
const MAX_LOOK_UPS = 100;

type ServerPackage = ServerDocument["packages"][number];

/** An entry of a catalogue. `versions`: those of its packages that are known; null: only that of `document` is. */
export interface CatalogueEntry {
  document: ServerDocument;
  versions: readonly string[] | null;
}

/** By what a catalogue finds the entry of a server: the key of its package, or its address. Null: neither. */
export function toLookUp({ connection }: ConfiguredServer): LookUp | null {
  if (connection.kind === "remote") {
    const url = withoutQuery(connection.url.raw);
    // A long word with digits can be a key. No catalogue has such an address.
    const hasKey = url
      .split("/")
      .slice(3)
      .some((part) => /^(?=.*\d)[\w.~%-]{20,}$/.test(part));
    return hasKey ? null : { url };
  }
  const started = findPackage(connection);
  return started && { package: toPackageKey(started) };
}

/** An address without what can be a secret: user, query and fragment. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^([a-z]+:\/\/)[^/]*@/i, "$1");
}

function toPlainUrl(url: string): string {
  return withoutQuery(url).replace(/\/+$/, "");
}

/** What a catalogue is asked for servers: nothing but packages and addresses. */
export function listLookUps(servers: readonly ConfiguredServer[]): {
  packages: string[];
  urls: string[];
} {
  const found = servers.flatMap((server) => toLookUp(server) ?? []).slice(0, MAX_LOOK_UPS);
  const packages = found.flatMap((item) => ("package" in item ? [item.package] : []));
  const urls = found.flatMap((item) => ("url" in item ? [item.url] : []));
  return { packages: [...new Set(packages)], urls: [...new Set(urls)] };
}

/** Checks each server by the first entry with its package or address. */
export function checkAgainstEntries(
  { client, configuration, document }: Reading,
  entries: readonly ServerDocument[],
): Finding[] {
  return configuration.servers.flatMap((server) => {
    const lookUp = toLookUp(server);
    const entry = lookUp && entries.find((item) => isMeant(item, lookUp));
    return entry
      ? checkAgainstEntry(server, client, { document: entry, versions: null }, document)
      : [];
  });
}

function isMeant({ packages, remotes }: ServerDocument, lookUp: LookUp): boolean {
  return "package" in lookUp
    ? packages.some((item) => toPackageKey(item) === lookUp.package)
    : remotes.some(({ url }) => toPlainUrl(url) === toPlainUrl(lookUp.url));
}

/** Checks a server by a catalogue’s entry (rule FMT-03): its version, variables, options and headers. Pure. */
export function checkAgainstEntry(
  server: ConfiguredServer,
  client: ClientId,
  entry: CatalogueEntry,
  document: ConfigurationDocument,
): Finding[] {
  const { connection } = server;
  const problems =
    connection.kind === "program"
      ? checkProgram(connection, server, client, entry)
      : checkRemote(connection, server, entry);
  return problems.map((problem) => ({
    ...problem,
    rule: "FMT-03",
    server: server.name,
    fix: problem.fix ?? null,
    range: document.locate(problem.path),
  }));
}

function checkProgram(
  program: Program,
  server: ConfiguredServer,
  client: ClientId,
  { document, versions }: CatalogueEntry,
): Problem[] {
  const started = findPackage(program);
  const source =
    started && document.packages.find((item) => toPackageKey(item) === toPackageKey(started));
  if (!source) return [];
  return [
    ...checkVersion(started, source, versions),
    ...checkVariables(program, source, server, client),
    ...checkOptions(started, source),
  ];
}

function checkVersion(
  { version, value, identifier }: StartedPackage,
  source: ServerPackage,
  versions: CatalogueEntry["versions"],
): Problem[] {
  if (version === null || versions === null || versions.length === 0) return [];
  if (versions.includes(version) || version === source.version) return [];
  const newest = source.version;
  const text = newest === null ? null : value.raw.replace(version, newest);
  return [
    {
      severity: "medium",
      path: value.path,
      message: `The catalogue knows no version ${version} of ${identifier}.`,
      why: "The package cannot be downloaded if the version does not exist.",
      fix:
        text === null
          ? null
          : { title: `Use ${newest}`, edits: [{ path: value.path, value: text }] },
    },
  ];
}

function checkVariables(
  { env, envFile }: Program,
  source: ServerPackage,
  { path }: ConfiguredServer,
  client: ClientId,
): Problem[] {
  // A file can have all of them.
  if (envFile) return [];
  const set = new Set(env.map(({ name }) => name));
  const missing = source.environmentVariables.filter(
    ({ name, isRequired, value, default: preset }) =>
      isRequired && value === null && preset === null && !set.has(name),
  );
  const field = FORMATS[client].env;
  return missing.map(({ name }) => ({
    severity: "high",
    path: [...path, field],
    message: `The variable ${name} is missing.`,
    why: "The catalogue’s entry says that the server does not start without it.",
    fix: canRefer(client, "env")
      ? {
          title: "Refer to the variable of the environment",
          edits: [
            {
              path: [...path, field, name],
              value: writeTemplate([{ kind: "environment", name, default: null }], client, "env"),
            },
          ],
        }
      : null,
  }));
}

/** Options that an entry does not have. An entry without named options says nothing of them. */
function checkOptions({ args }: StartedPackage, source: ServerPackage): Problem[] {
  const names = source.packageArguments.flatMap(({ type, name }) =>
    type === "named" && name !== null ? [toFlag(name)] : [],
  );
  if (names.length === 0) return [];
  const known = new Set([...names, "--help", "--version"]);
  return args.flatMap(({ raw, path }): Problem[] => {
    const flag = /^--[\w-]+/.exec(raw)?.[0];
    if (flag === undefined || known.has(flag)) return [];
    return [
      {
        severity: "low",
        path,
        message: `The catalogue’s entry has no option ${flag}.`,
        why: `The server may refuse it. The entry has ${names.slice(0, 10).join(", ")}.`,
      },
    ];
  });
}

function toFlag(name: string): string {
  return name.startsWith("-") ? name : `--${name}`;
}

function checkRemote(
  { url, headers }: Remote,
  { path }: ConfiguredServer,
  { document }: CatalogueEntry,
): Problem[] {
  const source = document.remotes.find((remote) => toPlainUrl(remote.url) === toPlainUrl(url.raw));
  const set = new Set(headers.map(({ name }) => name.toLowerCase()));
  const missing = (source?.headers ?? []).filter(
    ({ name, isRequired, value, default: preset }) =>
      isRequired && value === null && preset === null && !set.has(name.toLowerCase()),
  );
  return missing.map(({ name }) => ({
    severity: "medium",
    path,
    message: `The header ${name} is missing.`,
    why: "The catalogue’s entry says that the server refuses requests without it.",
  }));
}
