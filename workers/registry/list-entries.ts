import { z } from "zod";
import { ENTRY_VERSION, type ListedEntry } from "./server-entry.ts";

/** Entries of a page that asks for no number, as in the official registry. */
const DEFAULT_LIMIT = 30;
const MAX_LIMIT = 100;

/** The query of `GET …/servers`. Parameters that are not known are ignored, as clients send those of other registries. */
const Query = z.object({
  search: z.string().default(""),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z
    .string()
    .regex(/^[^:]+:[^:]+$/, "use the nextCursor of a page")
    .optional(),
  updated_since: z.iso
    .datetime({
      offset: true,
      error: "use an instant as in RFC 3339, such as 2026-01-31T12:00:00Z",
    })
    .optional(),
  version: z.string().optional(),
});

/** A page of entries, or why there is none, as a sentence for the client. */
export type PageResult = { ok: true; page: object } | { ok: false; problem: string };

/** The page of entries that a query asks for, ordered by name. */
export function listEntries(entries: ListedEntry[], query: URLSearchParams): PageResult {
  const parsed = Query.safeParse(Object.fromEntries(query));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      ok: false,
      problem: `${issue?.path.join(".") ?? "query"}: ${issue?.message ?? "invalid"}`,
    };
  }
  const { search, limit, cursor, updated_since: since, version = "latest" } = parsed.data;
  const words = search.toLowerCase();
  // The gateway's host and the workspace are in all names: only a text that can be a part of a whole name is looked for there.
  const isName = /[./]/.test(words);
  const after = cursor?.split(":", 1)[0] ?? "";
  const found = entries
    .filter(
      ({ name, title, changedAt }) =>
        name > after &&
        ((isName ? name : name.slice(name.indexOf("/") + 1)).includes(words) ||
          title.toLowerCase().includes(words)) &&
        (since === undefined || changedAt >= Date.parse(since)) &&
        (version === "latest" || version === ENTRY_VERSION),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { ok: true, page: toPage(page, last && `${last.name}:${ENTRY_VERSION}`) };
}

/** A list of entries in the registry's format. */
export function toPage(entries: ListedEntry[], nextCursor?: string): object {
  return {
    servers: entries.map(({ json }) => json),
    metadata: { count: entries.length, ...(nextCursor === undefined ? {} : { nextCursor }) },
  };
}
