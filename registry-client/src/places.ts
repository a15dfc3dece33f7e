import { createHash } from "node:crypto";

/** A part of a client's file that one program owns: a member of a map, or an item of a list by one of its fields. */
export interface Place {
  /** The top-level key of the map or list. */
  root: string;
  /** Null: the root is a map. Otherwise the field by which an item of the list is found. */
  field: "id" | "name" | null;
  key: string;
}

/** What a file should have at a place. */
export interface Item {
  place: Place;
  value: unknown;
  /** The same as text of the client's format, with the root above it. */
  text: string;
  /** The value as it is shown: without the values of secrets. */
  shown: unknown;
  /** The registry's names of the servers that need it. */
  servers: string[];
}

/** What is written at a place; null: it is removed. */
export type NewItem = Pick<Item, "value" | "text"> | null;

/** The digest of a place that is not in the file. */
export const ABSENT = "absent";

/** A text that differs for two places of one file. */
export function toPlaceId({ root, key }: Place): string {
  return `${root}.${key}`;
}

/** SHA-256 of a value, in which the order of members does not count; `ABSENT` for `undefined`. */
export function toDigest(value: unknown): string {
  if (value === undefined) return ABSENT;
  return createHash("sha256").update(toCanonical(value)).digest("base64url");
}

/** The value as JSON with sorted members. */
export function toCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === "bigint") return String(member);
    if (!isMap(member) || member instanceof Date) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Whether a value has members by name. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a place; `undefined`: there is none. */
export function findValue(root: Record<string, unknown>, place: Place): unknown {
  const holder = Object.hasOwn(root, place.root) ? root[place.root] : undefined;
  const { field, key } = place;
  if (field !== null)
    return Array.isArray(holder)
      ? holder.find((item: unknown) => isMap(item) && item[field] === key)
      : undefined;
  return isMap(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
}
