import type { ServerDocument } from "../contract/marketplace/server-document.ts";

/** What one source says of a server. `asOf`: when it said so, epoch ms. */
export interface SourceDocument {
  source: string;
  asOf: number;
  document: ServerDocument;
}

/** Fields that sources state one by one. The name is always of the first source. */
const FIELDS = ["title", "description", "version", "websiteUrl", "repository", "icons"] as const;
/** The ways to run a server. They come from one source: another one cannot add its address or package. */
const WAYS = ["packages", "remotes"] as const;
type Field = (typeof FIELDS | typeof WAYS)[number];

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
  const take = (field: Field, from: SourceDocument | undefined) => {
    if (!from || !isStated(from.document[field])) return;
    Object.assign(document, { [field]: from.document[field] });
    provenance[field] = { source: from.source, asOf: from.asOf };
  };
  for (const field of FIELDS)
    take(
      field,
      sources.find((candidate) => isStated(candidate.document[field])),
    );
  const runnable = sources.find((candidate) =>
    WAYS.some((field) => isStated(candidate.document[field])),
  );
  for (const field of WAYS) take(field, runnable);
  return { document, provenance };
}

function isStated(value: ServerDocument[Field]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null;
}
