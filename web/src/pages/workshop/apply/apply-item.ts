import type { z } from "zod";
import type { Server } from "../../../../../workers/contract/api/resources.ts";
import { isOutsideCatalogue } from "../../../../../workers/contract/composition/composition.ts";
import type {
  HostedInstance,
  HostingCatalogue,
} from "../../../../../workers/contract/hosting/instances.ts";
import { findHosted } from "../../../../../workers/contract/marketplace/hosted-package.ts";
import type { Values } from "../../../../../workers/contract/marketplace/install/values.ts";
import type { ServerDocument } from "../../../../../workers/contract/marketplace/server-document.ts";
import { ServerInput } from "../../../../../workers/contract/rpc/commands.ts";
import { describeIssue } from "../../../../../workers/contract/text/describe-issue.ts";
import { stripHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import {
  fillHeaders,
  fillUrl,
  findUrlErrors,
  toEntryTemplate,
  toInitialValues,
  type EntryField,
  type EntryTemplate,
} from "../../servers/entry-template.ts";

/** An entry of the hosting catalogue, and whether a container host can run it now. */
export type Hosted = z.infer<typeof HostingCatalogue>["items"][number];

/** How a server of a plan gets into a workspace. */
export type ApplyWay =
  | { kind: "add"; template: EntryTemplate }
  | { kind: "host"; entry: Hosted }
  | { kind: "none"; why: string };

/** A server of a plan that is applied to a workspace. */
export interface ApplyItem {
  /** Unique in the plan. */
  key: string;
  title: string;
  /** The entry of the marketplace; null: it is from none. */
  origin: string | null;
  way: ApplyWay;
  /** Names of its tools; null: they are not known. */
  tools: readonly string[] | null;
  /** What the fields have at first, by id. */
  initial: Record<string, string>;
  /** Secrets that a file has, by the ids of the fields: they are used by choice only. */
  fromFile: Record<string, string>;
  /** What a person should know of it, in sentences. */
  notes: string[];
  /** Its owner has switched it off: it is added by choice only. */
  isOff: boolean;
}

const LIST = new Intl.ListFormat("en");
const NO_HOST =
  "It runs as a program, and no server of the hosting catalogue has its package. It stays in the clients of those who need it.";

/** What a server of a composition becomes. `values`: by the ids of the variables of its package or remote. */
export function toApplyItem(
  server: { key: string; document: ServerDocument; tools: readonly string[] | null },
  values: Values,
  hosting: readonly Hosted[],
): ApplyItem {
  const { key, document, tools } = server;
  const way = toWay(document, hosting);
  const origin = isOutsideCatalogue(document) ? null : document.name;
  const initial =
    way.kind === "add"
      ? { ...toInitialValues(way.template), ...toFieldValues(way.template, values) }
      : way.kind === "host"
        ? pick(values, (id) => (id.startsWith("environment:") ? id.slice(12) : null))
        : {};
  return {
    key,
    title: document.title ?? key,
    origin,
    way,
    tools,
    initial,
    fromFile: {},
    notes: [],
    isOff: false,
  };
}

function toWay(document: ServerDocument, hosting: readonly Hosted[]): ApplyWay {
  const { remotes } = document;
  const remote = remotes.find(({ type }) => type === "streamable-http") ?? remotes[0];
  if (remote) return { kind: "add", template: toEntryTemplate(document, remote) };
  return toHostedWay(findHosted(document, hosting));
}

/** How a package is hosted, with the reason where it cannot be now. */
export function toHostedWay(entry: Hosted | undefined): ApplyWay {
  if (!entry) return { kind: "none", why: NO_HOST };
  return entry.isAvailable
    ? { kind: "host", entry }
    : { kind: "none", why: entry.unavailableReason ?? "No container host can run it now." };
}

/** Values of an installation, which name a header in lower case, by the ids of a template's fields. */
function toFieldValues({ urlFields, headers }: EntryTemplate, values: Values) {
  const ids = [...urlFields, ...headers.flatMap(({ fields }) => fields)].map(({ id }) => id);
  const byKey = new Map(ids.map((id) => [id.toLowerCase().replace(/:value$/, ""), id]));
  return pick(values, (id) => byKey.get(id.replace(/^header:/, "").toLowerCase()) ?? null);
}

function pick(values: Values, toId: (id: string) => string | null): Record<string, string> {
  const found = Object.entries(values).flatMap(([id, value]) => {
    const own = toId(id);
    return own === null || value === "" ? [] : [[own, value] as const];
  });
  return Object.fromEntries(found);
}

/** The fields of a server that is added by its address. */
export function listFields({ urlFields, headers }: EntryTemplate): EntryField[] {
  return [...urlFields, ...headers.flatMap(({ fields }) => fields)];
}

/** The names and values with which a server is added. */
export interface Settings {
  slug: string;
  prefix: string;
  values: Record<string, string>;
}

/** What the API is asked for, or why it is not yet, as a sentence. */
export type ApplyRequest =
  | { resource: "servers" | "instances"; body: object; problem: null }
  | { resource: null; problem: string };

/** The request that adds a server. */
export function toRequest(item: ApplyItem, settings: Settings): ApplyRequest {
  const { way, origin, title } = item;
  const { slug, values } = settings;
  const prefix = settings.prefix.trim();
  const common = {
    slug,
    ...(prefix === "" ? {} : { prefix }),
    ...(origin === null ? {} : { origin }),
  };
  if (way.kind === "none") return fail(way.why);
  if (way.kind === "host") {
    const missing = way.entry.variables.filter(({ key, required }) => required && !values[key]);
    if (missing.length > 0)
      return fail(
        describeMissing(
          missing.map(({ key, label }) => ({ id: key, label })),
          item,
        ),
      );
    const known = way.entry.variables.flatMap(({ key }) =>
      values[key] ? [[key, values[key]] as const] : [],
    );
    const credentials = known.length > 0 ? { credentials: Object.fromEntries(known) } : {};
    const body = { catalogueId: way.entry.id, ...common, ...credentials };
    return { resource: "instances", body, problem: null };
  }
  const { template } = way;
  // Without a value of its address there is no server, and without one of its secrets it refuses the gateway.
  const missing = listFields(template).filter(({ id, isRequired }) => isRequired && !values[id]);
  if (missing.length > 0) return fail(describeMissing(missing, item));
  if (Object.keys(findUrlErrors(template.url, template.urlFields, values)).length > 0)
    return fail("The address is no URL with these values.");
  const { headers, credentials } = fillHeaders(template.headers, values);
  const body = {
    ...common,
    url: fillUrl(template.url, template.urlFields, values),
    headers,
    ...(Object.keys(credentials).length > 0 ? { credentials } : {}),
    ...(title === slug ? {} : { name: title }),
  };
  const parsed = ServerInput.safeParse(body);
  if (parsed.success) return { resource: "servers", body, problem: null };
  const [issue] = parsed.error.issues;
  return fail(issue ? describeIssue(issue) : "It is not valid.");
}

/** Which values are missing, and where else they can be. */
function describeMissing(
  missing: readonly Pick<EntryField, "id" | "label">[],
  { fromFile }: Pick<ApplyItem, "fromFile">,
): string {
  const names = LIST.format(missing.map(({ label }) => stripHidden(label)));
  const inFile = missing.filter(({ id }) => Object.hasOwn(fromFile, id)).length;
  if (inFile === 0) return `Fill in ${names} first.`;
  return `Fill in ${names} first, or choose to send the file’s ${inFile === 1 ? "value" : "values"}.`;
}

function fail(problem: string): ApplyRequest {
  return { resource: null, problem };
}

/** The server or hosted server of a workspace that a plan would add a second time; undefined: there is none. */
export function findExisting(
  { origin, way }: ApplyItem,
  settings: Settings,
  servers: readonly Pick<Server, "slug" | "name" | "url" | "origin">[],
  instances: readonly Pick<HostedInstance, "slug" | "name" | "catalogueId" | "origin">[],
): { slug: string; name: string } | undefined {
  const url =
    way.kind === "add" ? fillUrl(way.template.url, way.template.urlFields, settings.values) : null;
  return (
    servers.find(
      (server) => server.url === url || (origin !== null && server.origin?.name === origin),
    ) ??
    instances.find(
      (instance) =>
        (way.kind === "host" && instance.catalogueId === way.entry.id) ||
        (origin !== null && instance.origin?.name === origin),
    )
  );
}

/** The servers whose tools have a name that another server of the plan or of the workspace has too. */
export function findColliding(
  items: readonly ApplyItem[],
  taken: readonly string[],
): ReadonlySet<string> {
  const owners = new Map<string, number>(taken.map((name) => [name, 1]));
  for (const { tools } of items)
    for (const name of tools ?? []) owners.set(name, (owners.get(name) ?? 0) + 1);
  const colliding = items.filter(({ tools }) => tools?.some((name) => (owners.get(name) ?? 0) > 1));
  return new Set(colliding.map(({ key }) => key));
}
