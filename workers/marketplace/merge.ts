import type { ServerDocument } from "../contract/marketplace/server-document.ts";

/** What one source says of a server. `asOf`: when it said so, epoch ms. */
export interface SourceDocument {
  source: string;
  asOf: number;
  document: ServerDocument;
}

/** Fields that sources state one by one. The name is always of the first source. */
const FIELDS = [
  "title",
  "description",
  "version",
  "websiteUrl",
  "repository",
  "icons",
  "packages",
  "remotes",
] as const;
type Field = (typeof FIELDS)[number];

/** A server's description from all of its sources, with the source of each field that one of them states. */
export interface MergedDocument {
  document: ServerDocument;
  provenance: Partial<Record<Field, { source: string; asOf: number }>>;
}

/**
 * Merges what several sources say of the same server: each field comes from the first source that states it. The sources
 * are in the order of their authority, at least one.
 */
export function mergeDocuments(sources: [SourceDocument, ...SourceDocument[]]): MergedDocument {
  const document = { ...sources[0].document };
  const provenance: MergedDocument["provenance"] = {};
  for (const field of FIELDS) {
    const found = sources.find((candidate) => isStated(candidate.document[field]));
    if (!found) continue;
    Object.assign(document, { [field]: found.document[field] });
    provenance[field] = { source: found.source, asOf: found.asOf };
  }
  return { document, provenance };
}

function isStated(value: ServerDocument[Field]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null;
}
