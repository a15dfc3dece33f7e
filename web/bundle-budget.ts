import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** JavaScript that the first page of any visit loads, gzip bytes. */
const INITIAL_BYTES = 200 * 1024;
/** JavaScript that a page loads beyond that, gzip bytes. */
const PAGE_BYTES = 100 * 1024;

/** Fails the build when the entry, or a lazily loaded page on top of it, is over its budget; says what each weighs. */
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
      const initial = closureOf([entry.fileName], chunks);
      const pages = [...chunks.values()].filter((chunk) => chunk.isDynamicEntry);
      const rows = pages.map((page) => {
        const extra = [...closureOf([page.fileName], chunks)].filter((name) => !initial.has(name));
        return { name: page.name, bytes: weigh(extra, chunks), limit: PAGE_BYTES };
      });
      rows.push({ name: "initial", bytes: weigh([...initial], chunks), limit: INITIAL_BYTES });
      for (const { name, bytes } of rows.toSorted((a, b) => b.bytes - a.bytes))
        console.log(`${name.padEnd(20)} ${(bytes / 1024).toFixed(1).padStart(7)} KB gzip`);
      const over = rows.filter(({ bytes, limit }) => bytes > limit).map(({ name }) => name);
      if (over.length > 0) this.error(`over the JavaScript budget: ${over.join(", ")}`);
    },
  };
}

type Chunks = Map<string, Rolldown.OutputChunk>;

/** The chunks and all that they import statically. */
function closureOf(names: string[], chunks: Chunks, found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closureOf(chunks.get(name)?.imports ?? [], chunks, found);
  }
  return found;
}

function weigh(names: string[], chunks: Chunks): number {
  return names.reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "").length, 0);
}
