import { isMap, type DocumentNode } from "../documents/node.ts";
import type { Path } from "../model.ts";
import type { Reading } from "../read.ts";
import { findValue, listEntries } from "../values.ts";
import type { Problem } from "./problem.ts";

/** Names that programs in JavaScript, as most clients are, find in every object. */
const MEANINGS: ReadonlyMap<string, Problem["severity"]> = new Map([
  ["__proto__", "high"],
  ["constructor", "medium"],
  ["prototype", "medium"],
]);
/** Findings of one file. Further ones are seen once these are cured. */
const MAX_KEYS = 20;

/** Finds members with a name that every object of JavaScript has, anywhere in a file. */
export function checkKeys({ document, root }: Reading): Problem[] {
  const paths: Path[] = [];
  // Aliases of YAML are one node at several places.
  const seen = new Set<DocumentNode>();
  const visit = (node: DocumentNode, path: Path) => {
    if (seen.has(node) || paths.length >= MAX_KEYS) return;
    seen.add(node);
    if (node.kind === "list")
      for (const [at, item] of node.items.entries()) visit(item, [...path, at]);
    if (node.kind === "map")
      for (const member of node.members) {
        const own = [...path, member.key];
        if (MEANINGS.has(member.key)) paths.push(own);
        visit(member.node, own);
      }
  };
  if (document.root) visit(document.root, []);
  return [
    ...paths.map((path) => toProblem(path, root, document.value)),
    ...checkListed(document.value, root),
  ].slice(0, MAX_KEYS);
}

/** The names of servers in a list, which clients make keys of. */
function checkListed(value: unknown, root: Path | null): Problem[] {
  if (root === null || !Array.isArray(findValue(value, root))) return [];
  return listEntries(value, root).flatMap(({ name, path }) => {
    if (!MEANINGS.has(name)) return [];
    const own = [...path, "name"];
    const free = toServerName(name);
    const fix = { title: `Call it “${free}”`, edits: [{ path: own, value: free }] };
    return [{ ...describe(name, true), path: own, fix }];
  });
}

function toServerName(name: string): string {
  return `${name.replaceAll("_", "")}-server`;
}

/** What is said of a name. */
function describe(name: string, isServer: boolean): Pick<Problem, "severity" | "message" | "why"> {
  return {
    severity: MEANINGS.get(name) ?? "medium",
    message: `“${name}” is no safe name for a ${isServer ? "server" : "member"}.`,
    why: `Every object of JavaScript has a member “${name}”. Clients that are written in it can lose yours, or take it for theirs.`,
  };
}

function toProblem(path: Path, root: Path | null, value: unknown): Problem {
  const name = String(path.at(-1));
  const isServer = root !== null && path.length === root.length + 1 && isWithin(path, root);
  const free = isServer ? findFreeName(toServerName(name), findValue(value, root)) : "";
  return {
    ...describe(name, isServer),
    path,
    fix: isServer
      ? {
          title: `Call it “${free}”`,
          edits: [
            { path: [...root, free], value: findValue(value, path) },
            { path, value: undefined },
          ],
        }
      : { title: "Remove it", edits: [{ path, value: undefined }] },
  };
}

function isWithin(path: Path, root: Path): boolean {
  return root.every((step, index) => path[index] === step);
}

/** A name that no other server has. */
function findFreeName(name: string, servers: unknown): string {
  const taken = new Set(Object.keys(isMap(servers) ? servers : {}));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return free;
}
