import { findPackage } from "../../../../../client-config/import/find-package.ts";
import {
  toPlainText,
  type ImportedConnection,
  type ImportedServer,
  type ImportedText,
  type ImportedValue,
} from "../../../../../client-config/import/imported-server.ts";
import { looksLikeSecret } from "../../../../../workers/contract/composition/secret-value.ts";
import { POSSIBLE_SECRET_NAME } from "../../../../../workers/contract/marketplace/secret-name.ts";
import { findHeaderNameProblem } from "../../../../../workers/contract/records/header-name.ts";
import { stripHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { suggestSlug } from "../../../../../workers/contract/text/suggest-slug.ts";
import type { EntryField, EntryHeader } from "../../servers/entry-template.ts";
import { toHostedWay, type ApplyItem, type ApplyWay, type Hosted } from "../apply/apply-item.ts";

type Remote = Extract<ImportedConnection, { kind: "remote" }>;

/** What a field of an imported server begins with: a value to show, or a secret of the file to choose. */
interface Found {
  fields: EntryField[];
  initial: Record<string, string>;
  fromFile: Record<string, string>;
}

/** The servers of a file as a plan for a workspace. */
export function toItems(
  servers: readonly ImportedServer[],
  hosting: readonly Hosted[],
): ApplyItem[] {
  const taken = new Set<string>();
  return servers.map((server) => {
    const key = suggestSlug(server.name, "server", taken);
    taken.add(key);
    const title = stripHidden(server.name).replaceAll(/\s+/g, " ").trim().slice(0, 120) || key;
    const planned = plan(server.connection, key, hosting);
    const notes = server.isEnabled
      ? planned.notes
      : ["It is switched off in the file.", ...planned.notes];
    return { key, title, origin: null, tools: null, ...planned, notes, isOff: !server.isEnabled };
  });
}

type Planned = Pick<ApplyItem, "way" | "initial" | "fromFile" | "notes">;

function plan(connection: ImportedConnection, key: string, hosting: readonly Hosted[]): Planned {
  switch (connection.kind) {
    case "none":
      return toNone(connection.why);
    case "image":
      return toNone(
        connection.usesHost
          ? "It is a container image that reads folders of its machine, which no workspace allows."
          : `It is the container image ${connection.image}. Container hosts run the servers of the hosting catalogue only.`,
      );
    case "remote":
      return toRemote(connection, key);
    case "program": {
      const { command, args, env } = connection;
      const found = findPackage(command, args, env);
      if (found.kind === "local") return toNone(found.why);
      if (found.kind === "remote") return toRemote(found.connection, key);
      const planned = toPackage(found.name, env, hosting);
      if (planned.way.kind === "host" && found.hasArguments)
        planned.notes.push("The arguments of its command in the file are not taken over.");
      return planned;
    }
  }
}

function toNone(why: string): Planned {
  return { way: { kind: "none", why }, initial: {}, fromFile: {}, notes: [] };
}

function toPackage(name: string, env: ImportedValue[], hosting: readonly Hosted[]): Planned {
  const own = hosting.find((entry) => entry.package.name === name);
  const entry = own ?? hosting.find(({ replaces }) => replaces === name);
  const way = toHostedWay(entry);
  if (way.kind !== "host")
    return {
      ...toNone(way.kind === "none" ? way.why : ""),
      notes: [`Its package is ${name}.`],
    };
  const planned: Planned = { way, initial: {}, fromFile: {}, notes: [] };
  if (!own) planned.notes.push(`${way.entry.package.name} takes the place of ${name}.`);
  for (const { name: variable, text } of env) {
    const known = way.entry.variables.find((one) => one.key === variable);
    const value = toPlainText(text);
    if (!known) planned.notes.push(`The hosted server does not take ${variable}.`);
    else if (value !== null && value !== "") {
      const isSecret = known.kind === "password" || looksLikeSecret(value);
      (isSecret ? planned.fromFile : planned.initial)[variable] = value;
    }
  }
  return planned;
}

function toRemote({ url, headers }: Remote, key: string): Planned {
  const { shown, password } = takePassword(url);
  const address = toAddress(shown);
  if (typeof address === "string") return toNone(address);
  const hasOwn = headers.some(({ name }) => name.toLowerCase() === "authorization");
  if (password === null || (password !== "" && hasOwn))
    return toNone(
      "Its address has a user or password, which cannot be sent beside a reference or an Authorization header. Write it as a header of the file.",
    );
  const leftOut: { name: string; reason: string }[] = [];
  const own: (EntryHeader & Found)[] =
    password === "" ? [] : [toHeader("Authorization", [`Basic ${password}`])];
  for (const { name, text } of headers) {
    const reason = findHeaderNameProblem(name.toLowerCase());
    if (reason !== null) leftOut.push({ name, reason });
    else own.push(toHeader(name, text));
  }
  const all = [address, ...own];
  const way: ApplyWay = {
    kind: "add",
    template: {
      name: "",
      slug: key,
      displayName: "",
      url: address.url,
      urlFields: address.fields,
      headers: own.map(({ name, isSecret, text, fields }) => ({ name, isSecret, text, fields })),
      leftOut,
    },
  };
  return {
    way,
    initial: Object.assign({}, ...all.map(({ initial }) => initial)) as Record<string, string>,
    fromFile: Object.assign({}, ...all.map(({ fromFile }) => fromFile)) as Record<string, string>,
    notes: [],
  };
}

/**
 * Takes the user and password out of an address: `password` is what HTTP's Basic scheme sends for them (RFC 7617), empty if
 * there are none, and null if a part of them is a reference.
 */
function takePassword(text: ImportedText): { shown: ImportedText; password: string | null } {
  const plain = text.map((part) => (typeof part === "string" ? part : "\0")).join("");
  const [, scheme = "", user] = /^([a-z][a-z\d+.-]*:[\\/]{2})([^\\/?#]*)@/i.exec(plain) ?? [];
  if (user === undefined) return { shown: text, password: "" };
  const [first = "", ...rest] = text;
  if (typeof first !== "string" || user.includes("\0")) return { shown: text, password: null };
  const shown = [scheme + first.slice(scheme.length + user.length + 1), ...rest];
  const [name = "", ...others] = user.split(":");
  const bytes = new TextEncoder().encode(`${decode(name)}:${decode(others.join(":"))}`);
  return { shown, password: btoa(String.fromCodePoint(...bytes)) };
}

/** An address whose values are fields. A sentence: it is none that the gateway can call. */
function toAddress(text: ImportedText): (Found & { url: string }) | string {
  const found: Found & { url: string } = { url: "", fields: [], initial: {}, fromFile: {} };
  const plain = text.map((part) => (typeof part === "string" ? part : "1")).join("");
  const whole = text.length === 1 && typeof text[0] !== "string";
  if (!whole && !/^https?:\/\//i.test(plain))
    return /^(unix|npipe|wss?):|\.sock/i.test(plain)
      ? "Its address is a socket, which the gateway does not reach."
      : "Its address is not one of http or https.";
  if (!whole && !URL.canParse(plain)) return "Its address is not valid.";
  found.url = text
    .map((part) => {
      if (typeof part === "string") return openPart(part, found);
      found.fields.push(toField(`url:${part.name}`, part.name, null, true));
      return `{${part.name}}`;
    })
    .join("");
  return found;
}

/** Puts a field in the place of each value of a query, and of each part of a path, that can be a secret. */
function openPart(part: string, found: Found): string {
  const [address = "", query] = part.replace(/#.*$/s, "").split(/\?(.*)/s);
  const path = address
    .split("/")
    .map((segment, index) =>
      looksLikeSecret(segment) ? open(`part-${index}`, segment, found) : segment,
    );
  if (query === undefined) return path.join("/");
  const values = query.split("&").map((pair) => {
    const [name = "", value] = pair.split(/=(.*)/s);
    const isSecret =
      value !== undefined && (POSSIBLE_SECRET_NAME.test(name) || looksLikeSecret(value));
    return isSecret && value !== ""
      ? `${name}=${open(name.replaceAll(/[{}]/g, ""), value, found)}`
      : pair;
  });
  return `${path.join("/")}?${values.join("&")}`;
}

function open(name: string, value: string, found: Found): string {
  const id = `url:${name}`;
  found.fields.push(toField(id, name, null, true));
  found.fromFile[id] = decode(value);
  return `{${name}}`;
}

/** The field encodes it again. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function toHeader(name: string, text: ImportedText): EntryHeader & Found {
  const plain = toPlainText(text);
  const isSecret = POSSIBLE_SECRET_NAME.test(name) || (plain !== null && looksLikeSecret(plain));
  if (plain !== null) {
    const id = `${name}:value`;
    const fields = [toField(id, name, null, isSecret)];
    const value = { [id]: plain };
    const none = {};
    return {
      name,
      isSecret,
      text: "{value}",
      fields,
      initial: isSecret ? none : value,
      fromFile: isSecret ? value : none,
    };
  }
  const names = text.flatMap((part) => (typeof part === "string" ? [] : [part.name]));
  const fields = [...new Set(names)].map((one) =>
    toField(
      `${name}:${one}`,
      `${name}: ${one}`,
      `The file refers to ${one}, and does not have its value.`,
      true,
    ),
  );
  const template = text
    .map((part) => (typeof part === "string" ? part : `{${part.name}}`))
    .join("");
  return { name, isSecret: true, text: template, fields, initial: {}, fromFile: {} };
}

function toField(id: string, label: string, hint: string | null, isSecret: boolean): EntryField {
  return {
    id,
    label,
    hint,
    isSecret,
    // The server of the file has each of its secrets, so that it is asked for them.
    isRequired: isSecret || id.startsWith("url:"),
    choices: [],
    initial: "",
    placeholder: null,
  };
}
