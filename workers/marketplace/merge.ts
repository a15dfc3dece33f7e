import type { ServerDocument } from "../contract/marketplace/server-document.ts";

/** What one source says of a server. `asOf`: when it said so, epoch ms. */
export interface SourceDocument {
  source: string;
  asOf: number;
  document: ServerDocument;
}

/** Fields that are shown beside the name and the badges. */
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
 * Merges what several sources say of the same server. The first source alone describes it: what it leaves out stays unknown,
 * because badges prove what the first source says, and a reader takes all that is beside them as proven. The ways to run the
 * server are those of the first source that states any. The sources are in the order of their authority, at least one.
 */
export function mergeDocuments(sources: [SourceDocument, ...SourceDocument[]]): MergedDocument {
  const [first] = sources;
  const runnable =
    sources.find(({ document }) => WAYS.some((field) => isStated(document[field]))) ?? first;
  const { packages, remotes } = runnable.document;
  const document = { ...first.document, packages, remotes };
  const provenance: MergedDocument["provenance"] = {};
  const note = (fields: readonly Field[], { source, asOf }: SourceDocument) => {
    for (const field of fields) if (isStated(document[field])) provenance[field] = { source, asOf };
  };
  note(FIELDS, first);
  note(WAYS, runnable);
  return { document, provenance };
}

function isStated(value: ServerDocument[Field]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null;
}
