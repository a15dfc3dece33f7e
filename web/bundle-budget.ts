import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Limit of the JavaScript that every page loads initially, in gzip bytes. */
const INITIAL_BYTES = 170 * 1024;
/** Limit of the JavaScript that a page loads in addition, or a part of a page that it loads later, in gzip bytes. */
const PAGE_BYTES = 100 * 1024;

/** Vite plugin: logs the size of the entry and of each page, and fails the build if one is over its budget. */
export function bundleBudget(): Plugin {
  return {
    name: "bundle-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = new Map(
        Object.values(bundle)
          .filter((output) => output.type === "chunk")
          .map((chunk) => [chunk.fileName, chunk]),
      );
      const entry = [...chunks.values()].find((chunk) => chunk.isEntry);
      if (!entry) return this.error("the bundle has no entry");
      const initial = findStaticImports([entry.fileName], chunks);
      const pages = [...chunks.values()].filter((chunk) => chunk.isDynamicEntry);
      const rows = pages.map((page) => {
        const loaded = findLoadedBefore(page.fileName, initial, chunks);
        const extra = [...findStaticImports([page.fileName], chunks)].filter(
          (name) => !loaded.has(name),
        );
        return { name: page.name, bytes: sumGzipBytes(extra, chunks), limit: PAGE_BYTES };
      });
      rows.push({
        name: "initial",
        bytes: sumGzipBytes([...initial], chunks),
        limit: INITIAL_BYTES,
      });
      for (const { name, bytes } of rows.toSorted((a, b) => b.bytes - a.bytes))
        console.log(`${name.padEnd(20)} ${(bytes / 1024).toFixed(1).padStart(7)} KB gzip`);
      const over = rows.filter(({ bytes, limit }) => bytes > limit).map(({ name }) => name);
      if (over.length > 0) this.error(`over the JavaScript budget: ${over.join(", ")}`);
    },
  };
}

type Chunks = Map<string, Rolldown.OutputChunk>;

/**
 * Names of the chunks that are loaded whenever a dynamic import begins: what all chunks that contain the import need, and what
 * was loaded before these. `within`: imports that are looked at, which can be in a circle.
 */
function findLoadedBefore(
  name: string,
  initial: Set<string>,
  chunks: Chunks,
  within: string[] = [],
): Set<string> {
  const importers = [...chunks.values()].filter(({ dynamicImports }) =>
    dynamicImports.includes(name),
  );
  if (importers.some(({ fileName }) => initial.has(fileName))) return initial;
  const needed = importers.map(({ fileName, isDynamicEntry }) => {
    const own = findStaticImports([fileName], chunks);
    if (!isDynamicEntry || within.includes(fileName)) return own;
    return new Set([...own, ...findLoadedBefore(fileName, initial, chunks, [...within, name])]);
  });
  const always = [...(needed[0] ?? [])].filter((chunk) => needed.every((set) => set.has(chunk)));
  return new Set([...initial, ...always]);
}

/** Names of the given chunks and of all chunks that they import statically. */
function findStaticImports(
  names: string[],
  chunks: Chunks,
  found = new Set<string>(),
): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    findStaticImports(chunks.get(name)?.imports ?? [], chunks, found);
  }
  return found;
}

function sumGzipBytes(names: string[], chunks: Chunks): number {
  return names.reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "").length, 0);
}
