import {
  CLIENT_TRAITS,
  type ClientId,
} from "../../workers/contract/marketplace/install/clients.ts";
import { SEVERITIES } from "../../workers/contract/severity.ts";
import type { ConfigurationDocument } from "../documents/document.ts";
import { isMap } from "../documents/node.ts";
import type { Finding, Fix } from "../finding.ts";
import { FORMATS } from "../formats/format.ts";
import type { Path } from "../model.ts";
import type { Reading } from "../read.ts";
import { findValue, listEntries } from "../values.ts";
import { checkKeys } from "./check-keys.ts";
import { checkMembers } from "./check-members.ts";
import { checkServerTexts } from "./check-texts.ts";
import { ADDRESS_FIELDS, COMMAND_FIELDS, type Entry, type Problem } from "./problem.ts";

/** Findings of one file. Further ones are seen once these are cured. */
const MAX_FINDINGS = 500;
/** Most servers that a fix moves: after each one the text is read again. */
const MAX_WRAPPED = 200;
/** Clients whose files can have comments; the last ones also take a comma before a closing bracket. */
const WITH_COMMENTS: readonly ClientId[] = ["gemini-cli", "vscode", "zed", "opencode"];
const WITH_COMMAS: readonly ClientId[] = ["vscode", "zed", "opencode"];

/**
 * Checks a file by the format of its client (rule FMT-01) and its syntax (FMT-00). The most severe findings come first.
 * No text of a finding has a value of the file.
 */
export function checkConfiguration(reading: Reading): Finding[] {
  const { client, configuration, document, findings } = reading;
  const servers = new Map(
    configuration.servers.map((server) => [JSON.stringify(server.path), server]),
  );
  const entries = reading.root === null ? [] : listEntries(document.value, reading.root);
  const found = entries.flatMap(({ name, members, path }) => {
    const entry: Entry = {
      client,
      label: CLIENT_TRAITS[client].label,
      format: FORMATS[client],
      name,
      members,
      path,
    };
    const server = servers.get(JSON.stringify(path));
    const problems = [
      ...checkName(entry),
      ...checkMembers(entry),
      ...(server ? checkServerTexts(server, entry) : []),
    ];
    return problems.map((problem) => toFinding(problem, name, document));
  });
  const ofFile = document.root === null ? [] : checkFile(reading);
  const keys = checkKeys(reading).map((problem) => {
    const owner = entries.find(({ path }) => path.every((step, at) => problem.path[at] === step));
    return toFinding(problem, owner?.name ?? null, document);
  });
  return [
    ...findings,
    ...ofFile.map((problem) => toFinding(problem, null, document)),
    ...keys,
    ...found,
  ]
    .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
    .slice(0, MAX_FINDINGS);
}

function toFinding(
  problem: Problem,
  server: string | null,
  document: ConfigurationDocument,
): Finding {
  const { path, fix = null } = problem;
  return { ...problem, rule: "FMT-01", server, fix, range: document.locate(path) };
}

function checkFile(reading: Reading): Problem[] {
  const { text, value } = reading.document;
  const isSettings = isMap(value) && text.trim() !== "";
  return [
    ...(reading.root === null && !isSettings ? [toNoSettings(reading)] : checkRoot(reading)),
    ...checkStrictness(reading),
  ];
}

function toNoSettings({ client, document }: Reading): Problem {
  const key = (FORMATS[client].roots[0] ?? []).join(".");
  return {
    severity: "high",
    path: [],
    message: `The text is ${describeValue(document)}, not the configuration of a client.`,
    why: `A configuration is a map of settings. The servers of ${CLIENT_TRAITS[client].label} are below “${key}”.`,
  };
}

function checkRoot({ client, root, document }: Reading): Problem[] {
  const { label } = CLIENT_TRAITS[client];
  const { roots, isList } = FORMATS[client];
  const own = roots[0] ?? [];
  const key = own.join(".");
  if (root === null)
    return [
      {
        severity: "high",
        path: [],
        message: `The file has no “${key}”.`,
        why: `${label} finds no servers in it.`,
        fix: toWrapped(document.value, key),
      },
    ];
  const value = findValue(document.value, root);
  if (Array.isArray(value) !== isList)
    return [
      {
        severity: "high",
        path: root,
        message: `“${root.join(".")}” is a ${isList ? "map" : "list"}.`,
        why: `${label} takes a ${isList ? "list of servers with names" : "map of servers by their names"}.`,
        fix: toOtherShape(root, value, own),
      },
    ];
  if (roots.some((path) => path.join(".") === root.join("."))) {
    const strays = Object.entries(isMap(value) ? value : {}).filter(([, member]) => !isMap(member));
    return strays.map(([name]) => ({
      severity: "high",
      path: [...root, name],
      message: "The server is no map of settings.",
      why: `${label} may refuse the whole file because of it.`,
      fix: { title: "Remove it", edits: [{ path: [...root, name], value: undefined }] },
    }));
  }
  return [
    {
      severity: "high",
      path: root,
      message: `“${root.join(".")}” is “${key}” in the file of ${label}.`,
      why: `${label} finds no servers in it.`,
      fix: {
        title: `Rename it to “${key}”`,
        edits: [
          { path: own, value },
          { path: root, value: undefined },
        ],
      },
    },
  ];
}

/** What a text is that is no map. */
function describeValue({ text, value }: ConfigurationDocument): string {
  if (text.trim() === "") return "empty";
  return Array.isArray(value) ? "a list" : "a single value";
}

/** Servers that are copied without the key above them get it. */
function toWrapped(value: unknown, key: string): Fix | null {
  if (!isMap(value)) return null;
  const entries = Object.entries(value);
  const isServer = (member: unknown) =>
    isMap(member) &&
    [...ADDRESS_FIELDS, ...COMMAND_FIELDS].some((field) => Object.hasOwn(member, field));
  if (entries.length === 0 || entries.length > MAX_WRAPPED) return null;
  if (!entries.every(([, member]) => isServer(member))) return null;
  return {
    title: `Put the servers into “${key}”`,
    edits: [
      { path: [key], value },
      ...entries.map(([name]) => ({ path: [name], value: undefined })),
    ],
  };
}

function toOtherShape(root: Path, value: unknown, own: Path): Fix | null {
  const isOwn = root.join(".") === own.join(".");
  const edits = (shaped: unknown) => [
    { path: own, value: shaped },
    ...(isOwn ? [] : [{ path: root, value: undefined }]),
  ];
  if (!Array.isArray(value)) {
    const items = Object.entries(isMap(value) ? value : {}).map(([name, members]) => ({
      name,
      ...(isMap(members) ? members : {}),
    }));
    return { title: "Write it as a list", edits: edits(items) };
  }
  const named = value.flatMap((item: unknown) =>
    isMap(item) && typeof item["name"] === "string" ? [[item["name"], item] as const] : [],
  );
  const names = new Set(named.map(([name]) => name));
  if (names.size !== value.length) return null;
  const map = named.map(([name, { name: _name, ...members }]) => [name, members] as const);
  return { title: "Write it as a map", edits: edits(Object.fromEntries(map)) };
}

/** What strict JSON does not have. */
function checkStrictness({ client, document }: Reading): Problem[] {
  const { label } = CLIENT_TRAITS[client];
  const why = `${label} reads strict JSON, and may refuse the whole file.`;
  const remove = (spans: typeof document.comments) =>
    spans.map(({ start, end }) => ({ offset: start, length: end - start, text: "" }));
  const { comments, trailingCommas, language } = document;
  if (language !== "json") return [];
  return [
    ...(comments.length > 0 && !WITH_COMMENTS.includes(client)
      ? [
          {
            severity: "medium" as const,
            path: [],
            message: "The file has comments.",
            why,
            fix: { title: "Remove the comments", edits: [], textEdits: remove(comments) },
          },
        ]
      : []),
    ...(trailingCommas.length > 0 && !WITH_COMMAS.includes(client)
      ? [
          {
            severity: "high" as const,
            path: [],
            message: "The file has a comma before a closing bracket.",
            why,
            fix: { title: "Remove the comma", edits: [], textEdits: remove(trailingCommas) },
          },
        ]
      : []),
  ];
}

/** Names become parts of the names of tools, which have letters, digits, `_` and `-`. */
function checkName({ format, name, members, path }: Entry): Problem[] {
  if (/^[\w.-]{1,64}$/.test(name)) return [];
  const plain =
    name
      .normalize("NFKD")
      .replaceAll(/[^\w.-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 64) || "server";
  const edits = format.isList
    ? [{ path: [...path, "name"], value: plain }]
    : [
        { path: [...path.slice(0, -1), plain], value: members },
        { path, value: undefined },
      ];
  return [
    {
      severity: "medium",
      path,
      message:
        name === ""
          ? "The server has no name."
          : "The server’s name has blanks or special characters.",
      why: "Clients put the name before the names of its tools, for which models take letters, digits, “_” and “-” only.",
      fix: { title: `Call it “${plain}”`, edits },
    },
  ];
}
