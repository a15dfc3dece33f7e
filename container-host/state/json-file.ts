import { readFile, rename, writeFile } from "node:fs/promises";

/** The content of a JSON file; null: the file does not exist. Throws when it cannot be read or parsed. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : JSON.parse(text);
}

/** Replaces a JSON file atomically (mode 0600): a crash leaves the old content or the new. */
export async function replaceJsonFile(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
