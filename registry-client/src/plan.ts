import { ABSENT, toDigest, toPlaceId, type Item, type Place } from "./places.ts";
import type { OwnedPlace } from "./state.ts";

/** A change of one place. `item` null: it is removed. */
export interface Change {
  kind: "add" | "update" | "remove";
  place: Place;
  servers: string[];
  item: Item | null;
}

/** Why a place is left alone. */
export interface Kept {
  place: Place;
  servers: string[];
  reason: string;
}

/** What one registry changes in one file. */
export interface FilePlan {
  changes: Change[];
  kept: Kept[];
  /** The owned places after the changes, of all registries. */
  owned: OwnedPlace[];
}

/** What a plan is made from. */
export interface PlanInput {
  registry: string;
  items: Item[];
  /** The names that the registry lists, whether they can be written or not. */
  listed: ReadonlySet<string>;
  /** The servers for which `items` is complete. */
  complete: ReadonlySet<string>;
  /** What is owned in this file, of all registries. */
  owned: readonly OwnedPlace[];
  /** The value in the file at a place. */
  find: (place: Place) => unknown;
  /** Whether owned places that a person has changed are written and removed too. */
  force: boolean;
}

const EDITED = "It was changed by hand, so it is left alone. --force overwrites it.";
const DELETED = "It was deleted by hand, so it is left out. --force writes it again.";
const FOREIGN = "The file has another entry of this name, which this program did not write.";
const SAME = "It is in the file already. This program did not write it, and will not remove it.";
const OTHER_REGISTRY = "Another registry has written an entry of this name.";

/** Decides what is written and removed. What this program does not own stays. */
export function planFile(input: PlanInput): FilePlan {
  const plan: FilePlan = { changes: [], kept: [], owned: [] };
  const items = mergeItems(input.items);
  const rest = new Map(input.owned.map((owned) => [toPlaceId(owned), owned]));
  for (const item of items) {
    const known = rest.get(toPlaceId(item.place));
    if (known?.registry === input.registry) rest.delete(toPlaceId(item.place));
    planItem(input, item, known, plan);
  }
  for (const owned of rest.values()) planRest(input, owned, plan);
  return plan;
}

/** Several servers can need one place, such as the input of their common token. */
function mergeItems(items: Item[]): Item[] {
  const merged = new Map<string, Item>();
  for (const item of items) {
    const id = toPlaceId(item.place);
    const known = merged.get(id);
    merged.set(id, known ? { ...known, servers: [...known.servers, ...item.servers] } : item);
  }
  return [...merged.values()];
}

function planItem(
  { registry, find, force }: PlanInput,
  item: Item,
  known: OwnedPlace | undefined,
  { changes, kept, owned }: FilePlan,
): void {
  const { place, servers } = item;
  const present = toDigest(find(place));
  const wanted = toDigest(item.value);
  const own = { ...place, registry, servers, digests: [wanted] };
  const keep = (reason: string) => kept.push({ place, servers, reason });
  const write = (kind: "add" | "update") => {
    changes.push({ kind, place, servers, item });
    owned.push(own);
  };
  if (known && known.registry !== registry) {
    keep(OTHER_REGISTRY);
  } else if (!known) {
    if (present === ABSENT) write("add");
    else keep(present === wanted ? SAME : FOREIGN);
  } else if (present === wanted) {
    owned.push(own);
  } else if (known.digests.includes(present) || force) {
    write(present === ABSENT ? "add" : "update");
  } else {
    keep(present === ABSENT ? DELETED : EDITED);
    owned.push({ ...known, servers });
  }
}

/** An owned place that is no longer wanted, or of which it is not known whether it is. */
function planRest(
  { registry, listed, complete, find, force }: PlanInput,
  known: OwnedPlace,
  { changes, kept, owned }: FilePlan,
): void {
  const { root, field, key, servers, digests } = known;
  const place = { root, field, key };
  const isGone =
    known.registry === registry &&
    servers.every((server) => !listed.has(server) || complete.has(server));
  const present = toDigest(find(place));
  if (!isGone) {
    owned.push(known);
  } else if (present !== ABSENT) {
    if (digests.includes(present) || force)
      changes.push({ kind: "remove", place, servers, item: null });
    else {
      kept.push({
        place,
        servers,
        reason: "The registry no longer has it, but it was changed by hand. --force removes it.",
      });
      owned.push(known);
    }
  }
}

/** The owned places while a file is being written: each has the digests of before and after. */
export function toUnfinished(before: readonly OwnedPlace[], after: OwnedPlace[]): OwnedPlace[] {
  const old = new Map(before.map((owned) => [toPlaceId(owned), owned]));
  const kept = after.map((owned) => {
    const digests = old.get(toPlaceId(owned))?.digests ?? [ABSENT];
    old.delete(toPlaceId(owned));
    return { ...owned, digests: [...new Set([...owned.digests, ...digests])] };
  });
  const removed = [...old.values()].map((owned) => ({
    ...owned,
    digests: [...owned.digests, ABSENT],
  }));
  return [...kept, ...removed];
}

/** Whether a plan removes so much that the registry is more likely at fault: more than half of what it has written. */
export function isDoubtful({ changes, owned }: FilePlan, registry: string): boolean {
  const removed = changes.filter(({ kind }) => kind === "remove").length;
  const old = owned.filter((place) => place.registry === registry).length;
  const added = changes.filter(({ kind }) => kind === "add").length;
  return removed > old - added;
}
