import {
  fillServerUrl,
  URL_VARIABLE,
} from "../../../../workers/contract/marketplace/install/remote-url.ts";
import { POSSIBLE_SECRET_NAME } from "../../../../workers/contract/marketplace/secret-name.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { findHeaderNameProblem } from "../../../../workers/contract/records/header-name.ts";
import { stripHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { suggestSlug } from "../../../../workers/contract/text/suggest-slug.ts";

// An entry of the marketplace is text of strangers. It fills fields that an admin sees, and nothing else.

type Remote = ServerDocument["remotes"][number];
type Input = Partial<Remote["variables"][string]>;

/** A value that an entry asks for. */
export interface EntryField {
  /** Unique in its template. */
  id: string;
  label: string;
  hint: string | null;
  isSecret: boolean;
  isRequired: boolean;
  /** Empty: any text. */
  choices: string[];
  initial: string;
  placeholder: string | null;
}

/** A header that an entry declares. */
export interface EntryHeader {
  name: string;
  /** Stored encrypted, and not shown again. */
  isSecret: boolean;
  /** The value, with `{name}` for each field. */
  text: string;
  fields: EntryField[];
}

/** What an entry fills in. */
export interface EntryTemplate {
  /** The entry's name. */
  name: string;
  slug: string;
  displayName: string;
  /** With `{name}` for each of `urlFields`. */
  url: string;
  urlFields: EntryField[];
  headers: EntryHeader[];
  /** Headers of the entry that cannot be sent, and why. */
  leftOut: { name: string; reason: string }[];
}

/** The name of a field that is all of a header's value. */
const WHOLE = "value";
const MAX_NAME = 120;

/** What one of an entry's remotes fills in. */
export function toEntryTemplate(
  { name, title }: Pick<ServerDocument, "name" | "title">,
  { url, variables, headers }: Remote,
): EntryTemplate {
  const judged = judgeHeaders(headers);
  const shortName = name.slice(name.indexOf("/") + 1);
  return {
    name,
    slug: suggestSlug(shortName, "server"),
    displayName: stripHidden(title ?? "")
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, MAX_NAME),
    url,
    // Without a value, there is no address.
    urlFields: listVariables(url).map((variable) =>
      toField(`url:${variable}`, variable, { ...variables[variable], isRequired: true }),
    ),
    headers: judged.flatMap(({ header, reason }) =>
      reason === null ? [toEntryHeader(header)] : [],
    ),
    leftOut: judged.flatMap(({ header, reason }) =>
      reason === null ? [] : [{ name: header.name, reason }],
    ),
  };
}

function judgeHeaders(headers: Remote["headers"]) {
  const known = new Set<string>();
  return headers.map((header) => {
    const name = header.name.trim().toLowerCase();
    const reason = known.has(name) ? "it is declared twice." : findHeaderNameProblem(name);
    known.add(name);
    return { header: { ...header, name: header.name.trim() }, reason };
  });
}

function toEntryHeader({ variables, ...header }: Remote["headers"][number]): EntryHeader {
  const { name, value } = header;
  const found = value === null ? [] : listVariables(value);
  const isSecret =
    header.isSecret ||
    POSSIBLE_SECRET_NAME.test(name) ||
    found.some((one) => variables[one]?.isSecret);
  const fields =
    value === null || found.length === 0
      ? [
          toField(`${name}:${WHOLE}`, name, {
            ...header,
            isSecret,
            default: value ?? header.default,
          }),
        ]
      : found.map((variable) => {
          const own = variables[variable];
          return toField(`${name}:${variable}`, `${name}: ${variable}`, {
            isRequired: header.isRequired,
            ...own,
            isSecret,
            description:
              `${own?.description ?? header.description ?? ""} Sent as “${value}”.`.trim(),
          });
        });
  return {
    name,
    isSecret,
    text: found.length === 0 ? `{${WHOLE}}` : (value ?? ""),
    fields,
  };
}

function toField(id: string, label: string, input: Input): EntryField {
  const isSecret = input.isSecret === true || POSSIBLE_SECRET_NAME.test(label);
  const initial = input.value ?? input.default ?? "";
  const choices = input.choices ?? [];
  return {
    id,
    label,
    hint: input.description ?? null,
    isSecret,
    isRequired: input.isRequired ?? false,
    choices: isSecret ? [] : choices,
    // The default of a secret is what the entry's author wrote in its place.
    initial: isSecret || (choices.length > 0 && !choices.includes(initial)) ? "" : initial,
    placeholder: input.placeholder ?? (isSecret && initial !== "" ? initial : null),
  };
}

/** The values that the fields have at first, by id. */
export function toInitialValues({ urlFields, headers }: EntryTemplate): Record<string, string> {
  const fields = [...urlFields, ...headers.flatMap((header) => header.fields)];
  return Object.fromEntries(fields.map(({ id, initial }) => [id, initial]));
}

/** The fields that a URL has a place for. */
export function listUrlFields(url: string, fields: EntryField[]): EntryField[] {
  const names = new Set(listVariables(url));
  return fields.filter(({ label }) => names.has(label));
}

/** The URL with the values of its fields; a field without a value keeps its place, and all do if a value does not fit. */
export function fillUrl(url: string, fields: EntryField[], values: Record<string, string>): string {
  const filled = fillServerUrl(url, (name) => {
    const field = fields.find(({ label }) => label === name);
    return field && values[field.id];
  });
  return filled ?? url;
}

/** What is wrong with values of a URL's fields, by the ids of the fields. */
export function findUrlErrors(url: string, fields: EntryField[], values: Record<string, string>) {
  // An address that is none by itself is the error of its own field.
  if (fillServerUrl(url, () => undefined) === null) return {};
  const invalid = fields.filter(
    ({ id, label }) =>
      fillServerUrl(url, (name) => (name === label ? values[id] : undefined)) === null,
  );
  return Object.fromEntries(
    invalid.map(({ id }) => [id, "The address is no URL with this value."]),
  );
}

/** The headers with their values, by name. One whose fields have no values is left out. */
export function fillHeaders(headers: EntryHeader[], values: Record<string, string>) {
  const filled = headers.flatMap((header) => {
    if (header.fields.some(({ id }) => !values[id])) return [];
    const value = fill(header.text, (name) => values[`${header.name}:${name}`]);
    return [{ ...header, value }];
  });
  const toRecord = (isSecret: boolean) =>
    Object.fromEntries(
      filled
        .filter((header) => header.isSecret === isSecret)
        .map(({ name, value }) => [name, value]),
    );
  return { headers: toRecord(false), credentials: toRecord(true) };
}

function listVariables(text: string): string[] {
  return [...new Set([...text.matchAll(URL_VARIABLE)].map(([, name = ""]) => name))];
}

function fill(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replaceAll(URL_VARIABLE, (whole, name: string) => valueOf(name) || whole);
}
