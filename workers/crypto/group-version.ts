import { sha256Hex } from "./sha256.ts";

/**
 * The version of a directory's group. Members can also leave its team without the directory, so that the state counts and not only
 * the number of changes.
 */
export function toGroupVersion(
  changes: number,
  group: { name: string; externalId: string | null; memberIds: string[] },
): string {
  const { name, externalId, memberIds } = group;
  const state = sha256Hex(JSON.stringify([name, externalId, memberIds.toSorted()]));
  return `${changes}.${state.slice(0, 16)}`;
}
