// The program of a check container, and of a check without one: reads a line of `CheckInput`, writes the result.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CheckInput, toResultLines } from "./check-line.ts";
import { compileServer } from "./compile.ts";
import { startServer } from "./start-server.ts";

/** Where the SDK, zod, the compiler and the types are: beside this program, or the repository's. */
const modules = process.argv[2] ?? join(import.meta.dirname, "node_modules");

const [line = ""] = await readFirstLine();
const { nonce, code, mayStart } = CheckInput.parse(JSON.parse(line));
const folder = await mkdtemp(join(tmpdir(), "server-check-"));
try {
  const checks = await compileServer(code, { folder, modules });
  await write(toResultLines(nonce, "compiled", checks));
  if (mayStart && checks.every(({ state }) => state === "passed"))
    await write(toResultLines(nonce, "started", await startServer(folder)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
// The checked server can have left processes, which hold the pipes of this process.
process.exit(0);

async function readFirstLine(): Promise<string[]> {
  for await (const text of createInterface({ input: process.stdin })) return [text];
  return [];
}

function write(lines: string[]): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${lines.join("\n")}\n`, () => resolve());
  });
}
