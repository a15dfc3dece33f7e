/**
 * The kinds of the parts of a version. `settings`, `order` (of the servers) and `names` (that clients see and the lists
 * alone do not determine) are there once; their id is the workspace's.
 */
export type PartKind = "settings" | "order" | "names" | "server" | "instance" | "member" | "team";

/** A part of a version by the digest of its document; null: the part is gone. */
export type PartChange = [kind: PartKind, id: string, digest: string | null];

/** A part of a version with its document as JSON. */
export interface Part {
  kind: PartKind;
  id: string;
  json: string;
}

/** Where a secret is, and whether it is still the same: derived from its sealed form, from which nothing can be learned. */
export interface SecretReference {
  name: string;
  reference: string;
  /** When the server stops accepting it, epoch ms. Absent: not known. */
  expiresAt?: number;
}

/** A version as it is stored: its parts, and the documents of those that are new. */
export interface VersionRow {
  number: number;
  /** Null: the state before the first change of which versions are kept. */
  eventId: string | null;
  actor: string;
  createdAt: number;
  isWhole: boolean;
  parts: PartChange[];
  /** By digest. */
  documents: Map<string, string>;
}
