import type { Path } from "../model.ts";
import { isMap, type DocumentNode } from "./node.ts";

/** A place that an edit changes: a member or an item of `holder`, which is in the text. */
export interface Target {
  text: string;
  root: DocumentNode;
  holderPath: Path;
  holder: DocumentNode;
  key: string | number;
}

/** The value with another one at a path; `undefined`: without it. */
export function setValue(root: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(root)) {
    const index = Number(step);
    const isRemoved = rest.length === 0 && value === undefined;
    if (isRemoved) return root.filter((_item, at) => at !== index);
    const items: unknown[] = [...(root as unknown[])];
    items[Math.min(index, items.length)] = setValue(items[index], rest, value);
    return items;
  }
  const members = new Map(Object.entries(isMap(root) ? root : {}));
  const key = String(step);
  if (rest.length === 0 && value === undefined) members.delete(key);
  else if (members.has(key) || value !== undefined)
    members.set(key, setValue(members.get(key), rest, value));
  return Object.fromEntries(members);
}
