import { randomBytes } from "node:crypto";
import { mkdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile, replaceJsonFile } from "./json-file.ts";

const StoredOwner = z.strictObject({
  owner: z.string().regex(/^[0-9a-f]{16}$/),
  /** The folder for which the id was made. */
  path: z.string(),
  inode: z.string(),
});

/**
 * The id of a state folder, made once and stored in its `owner.json`. Every container and network that the host creates has
 * it as a label, and the host touches no others: hosts of several folders can share an engine, even with the same host id.
 * A copy of a folder gets a new id, because the containers belong to the original; a moved or restored folder keeps its id.
 */
export async function readOrCreateOwner(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "owner.json");
  const path = await realpath(folder);
  const inode = String((await stat(folder, { bigint: true })).ino);
  const content = await readJsonFile(file);
  const stored = content === null ? null : StoredOwner.parse(content);
  // Only a copy differs in both.
  const isCopy = stored !== null && stored.path !== path && stored.inode !== inode;
  const owner = stored && !isCopy ? stored.owner : randomBytes(8).toString("hex");
  await replaceJsonFile(file, { owner, path, inode } satisfies z.infer<typeof StoredOwner>);
  return owner;
}
