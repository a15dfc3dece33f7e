import { z } from "zod";
import { ServerDocument, ServerName } from "../contract/marketplace/server-document.ts";
import { escapeLine } from "../contract/text/hidden-characters.ts";
import { DAY_MS } from "../contract/units.ts";
import { isPublicHost } from "../runtime/public-address.ts";

/** Entries with more text than this are rejected: the largest genuine one has 63,000 characters. */
const MAX_ENTRY_CHARS = 250_000;

/** Characters of a name that is no server's which the operator sees. */
const MAX_SHOWN_NAME = 200;

/** Where an entry has what registries say of it. */
export const OFFICIAL_META = "io.modelcontextprotocol.registry/official";
/** Where an entry has its topics; registries have none. */
export const TOPICS_META = "mcpnest/topics";

/** What a registry says of an entry, besides the server's description. Times in epoch ms; null: it does not say. */
export interface RegistryEntry {
  document: ServerDocument;
  status: "active" | "deprecated";
  /** Why it is deprecated, in the publisher's words. */
  statusMessage: string | null;
  publishedAt: number | null;
  updatedAt: number | null;
  isLatest: boolean;
  /** Topics of its repository, by which it is found, too. Absent: none. */
  topics?: string[];
}

/**
 * An entry that cannot be used. `name`: unchanged, or one that is no server's, shortened and with hidden characters as escapes;
 * null: it has none. `reason` is for the operator.
 */
export interface RejectedEntry {
  /** Position on its page, from 0. */
  position: number;
  name: string | null;
  reason: string;
}

/** A page of a registry. */
export interface RegistryPage {
  entries: RegistryEntry[];
  /** Names of servers that their publisher or the registry has deleted. */
  deleted: string[];
  rejected: RejectedEntry[];
}

/** A time in the future is not known: it would count as recent for ever. A day is for clocks that differ. */
const Time = z
  .string()
  .nullish()
  .transform((text) => {
    const at = Date.parse(text ?? "");
    return Number.isNaN(at) || at > Date.now() + DAY_MS ? null : at;
  });

const Status = z
  .object({
    status: z.string().nullish(),
    statusMessage: z.string().max(2_000).nullish(),
    publishedAt: Time,
    updatedAt: Time,
    isLatest: z.boolean().nullish(),
  })
  .partial();

const Topics = z
  .array(z.string().regex(/^[a-z0-9-]{1,50}$/))
  .max(20)
  .catch([]);

const Named = z.object({ server: z.object({ name: ServerName }) });
const StatedName = z
  .object({ server: z.object({ name: z.string().min(1) }) })
  .transform(({ server }) => server.name);
const Entry = z.object({
  server: z.unknown(),
  _meta: z.record(z.string(), z.unknown()).nullish(),
});

/** Reads the entries of a page. One that cannot be used costs itself, not the page. */
export function readPage({ servers }: { servers: unknown[] }): RegistryPage {
  const result: RegistryPage = { entries: [], deleted: [], rejected: [] };
  for (const [position, item] of servers.entries()) {
    const read = readEntry(item);
    if ("reason" in read) {
      result.rejected.push({ position, name: readName(item), reason: read.reason });
    } else if ("deleted" in read) result.deleted.push(read.deleted);
    else result.entries.push(read);
  }
  return result;
}

function readName(item: unknown): string | null {
  const { data: name } = StatedName.safeParse(item);
  if (name === undefined || ServerName.safeParse(name).success) return name ?? null;
  const shown = name.slice(0, MAX_SHOWN_NAME).toWellFormed();
  return `${escapeLine(shown)}${shown.length < name.length ? "…" : ""}`;
}

function readEntry(item: unknown): RegistryEntry | { deleted: string } | { reason: string } {
  const size = JSON.stringify(item).length;
  if (size > MAX_ENTRY_CHARS)
    return { reason: `it has ${size} characters, and ${MAX_ENTRY_CHARS} are the most` };
  const entry = Entry.safeParse(item);
  if (!entry.success) return { reason: describeProblem(entry.error) };
  const status = Status.safeParse(entry.data._meta?.[OFFICIAL_META] ?? {});
  if (!status.success) return { reason: describeProblem(status.error, ["_meta", OFFICIAL_META]) };
  const named = Named.safeParse(item);
  if (!named.success) return { reason: describeProblem(named.error) };
  if (status.data.status === "deleted") return { deleted: named.data.server.name };
  const topics = Topics.parse(entry.data._meta?.[TOPICS_META]);
  const document = ServerDocument.safeParse(entry.data.server);
  if (!document.success) return { reason: describeProblem(document.error, ["server"]) };
  return {
    document: withoutInnerUrls(document.data),
    status: status.data.status === "deprecated" ? "deprecated" : "active",
    statusMessage: status.data.statusMessage ?? null,
    publishedAt: status.data.publishedAt ?? null,
    updatedAt: status.data.updatedAt ?? null,
    isLatest: status.data.isLatest ?? true,
    ...(topics.length > 0 && { topics }),
  };
}

/** Leaves out the URLs that a page would show or load if they do not lead to the public internet over https. */
function withoutInnerUrls(document: ServerDocument): ServerDocument {
  const { repository, websiteUrl } = document;
  const home = repository && toPublicUrl(repository.url);
  return {
    ...document,
    repository: repository && home !== null ? { ...repository, url: home } : null,
    websiteUrl: websiteUrl === null ? null : toPublicUrl(websiteUrl),
    icons: document.icons.flatMap((icon) => {
      const src = toPublicUrl(icon.src);
      return src === null ? [] : [{ ...icon, src }];
    }),
  };
}

/**
 * A URL of the public internet as browsers read it, so that people and other parsers see where it leads: line breaks, folders
 * that are left again and letters of other scripts in the host are resolved. Null: it is none.
 */
function toPublicUrl(text: string): string | null {
  // Browsers read a backslash as a slash, other parsers as a part of the host or of a user's name.
  if (text.includes("\\") || !URL.canParse(text)) return null;
  const { protocol, hostname, username, password, href } = new URL(text);
  if (protocol !== "https:" || username + password !== "" || !isPublicHost(hostname)) return null;
  return href === `${text}/` ? text : href;
}

function describeProblem({ issues }: z.ZodError, at: string[] = []): string {
  const [issue] = issues;
  const path = [...at, ...(issue?.path ?? [])].map((part) => escapeLine(String(part))).join(".");
  const message = issue?.message ?? "not valid";
  return path === "" ? `the entry is not valid: ${message}` : `${path}: ${message}`;
}
