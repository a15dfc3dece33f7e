import { z } from "zod";
import { ServerDocument } from "../../workers/contract/marketplace/server-document.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";

/** A server of a registry. */
export interface ListedServer {
  document: ServerDocument;
  /** Why the registry advises against it; null: it does not. */
  deprecation: string | null;
}

/** A page of a registry. */
export interface RegistryPage {
  servers: ListedServer[];
  /** Entries that cannot be used. `name` null: it has none. */
  rejected: { name: string | null; reason: string }[];
  nextCursor: string | null;
}

const Page = z.object({
  servers: z.array(z.unknown()).max(1_000),
  metadata: z.object({ nextCursor: z.string().max(10_000).nullish() }).nullish(),
});

const META = "io.modelcontextprotocol.registry/official";
const Meta = z.object({
  status: z.string().nullish(),
  statusMessage: z.string().max(10_000).nullish(),
  isLatest: z.boolean().nullish(),
});
const Entry = z.object({
  server: z.unknown(),
  _meta: z.object({ [META]: Meta.nullish() }).nullish(),
});
const Named = z.object({ server: z.object({ name: z.string().max(200) }) });

/** Reads a page of `/v0.1/servers`. An entry that cannot be used costs itself. Null: it is no page. */
export function readPage(json: unknown): RegistryPage | null {
  const page = Page.safeParse(json);
  if (!page.success) return null;
  const servers: ListedServer[] = [];
  const rejected: RegistryPage["rejected"] = [];
  for (const item of page.data.servers) {
    const entry = Entry.safeParse(item);
    const meta = entry.data?._meta?.[META];
    // Registries that do not know the parameter `version` list all versions.
    if (meta?.status === "deleted" || meta?.isLatest === false) continue;
    const document = ServerDocument.safeParse(entry.data?.server);
    if (entry.success && document.success) {
      const deprecation = meta?.status === "deprecated" ? (meta.statusMessage ?? "") : null;
      servers.push({ document: document.data, deprecation });
    } else {
      const error = entry.error ?? document.error;
      const issue = error?.issues[0];
      const reason = `${issue?.path.join(".") || "entry"}: ${issue?.message ?? "not valid"}`;
      rejected.push({
        name: Named.safeParse(item).data?.server.name ?? null,
        reason: escapeLine(reason),
      });
    }
  }
  return { servers, rejected, nextCursor: page.data.metadata?.nextCursor || null };
}
