import { isMap } from "./documents/node.ts";
import type { Path } from "./model.ts";

/** The servers of a file as they are written. */
export function listEntries(
  value: unknown,
  root: Path,
): { name: string; members: Record<string, unknown>; path: Path }[] {
  const holder = findValue(value, root);
  if (Array.isArray(holder))
    return holder.flatMap((members: unknown, index) => {
      const name = isMap(members) && Object.hasOwn(members, "name") ? members["name"] : null;
      return isMap(members)
        ? [{ name: typeof name === "string" ? name : "", members, path: [...root, index] }]
        : [];
    });
  return Object.entries(isMap(holder) ? holder : {}).flatMap(([name, members]) =>
    isMap(members) ? [{ name, members, path: [...root, name] }] : [],
  );
}

/** The value at a path; undefined: there is none. */
export function findValue(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, step) => {
    if (Array.isArray(found)) return typeof step === "number" ? found[step] : undefined;
    return isMap(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }, value);
}
