import type { ServerDocument } from "./server-document.ts";

/** What is kept of each version of a server, and compared. */
export type VersionState = Pick<
  ServerDocument,
  "version" | "title" | "description" | "repository" | "packages" | "remotes"
>;

/** Changes of where a server runs, what it runs and what it asks for, the most important first. */
const IMPORTANT_CHANGES = [
  "host",
  "secret",
  "package",
  "file",
  "command",
  "address",
  "transport",
  "variable",
] as const;

/** All changes in the order of lists. */
export const VERSION_CHANGES = [
  ...IMPORTANT_CHANGES,
  "optional-variable",
  "preset",
  "package-version",
  "repository",
  "removed-package",
  "removed-address",
  "removed-variable",
  "title",
  "description",
] as const;

/** One change of a server between two versions. Texts are those of the entry. */
export interface VersionChange {
  kind: (typeof VERSION_CHANGES)[number];
  /** The variable or package that has changed; null: there is only one thing of this kind. */
  name: string | null;
  /** Null: it was not there. */
  from: string | null;
  /** Null: it is not there any more. */
  to: string | null;
}

/** Whether a change is of where a server runs, what it runs or what it asks for. */
export function isImportantChange({ kind }: Pick<VersionChange, "kind">): boolean {
  return IMPORTANT_CHANGES.some((important) => important === kind);
}

/** The change of a text; none if it is the same. */
export function compareText(
  kind: VersionChange["kind"],
  from: string | null,
  to: string | null,
  name: string | null = null,
): VersionChange[] {
  return from === to ? [] : [{ kind, name, from, to }];
}

/**
 * The changes of a list of texts that are there once each: those that are new, and those that are gone. If one is new and
 * one is gone, it has been replaced, which is one change.
 */
export function compareTexts(
  kinds: Record<"added" | "removed", VersionChange["kind"]>,
  before: Iterable<string>,
  after: Iterable<string>,
): VersionChange[] {
  const old = new Set(before);
  const current = new Set(after);
  const added = [...current].filter((text) => !old.has(text));
  const gone = [...old].filter((text) => !current.has(text));
  const [replaced = null] = added.length === 1 && gone.length === 1 ? gone : [];
  return [
    ...added.flatMap((to) => compareText(kinds.added, replaced, to)),
    ...gone.flatMap((from) => (from === replaced ? [] : compareText(kinds.removed, from, null))),
  ];
}
