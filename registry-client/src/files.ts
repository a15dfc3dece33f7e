import { constants } from "node:fs";
import {
  copyFile,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { findSystemCode, Problem } from "./problem.ts";

/** A file as it is on the disk. */
export interface FileText {
  /** Where it is, without symbolic links. */
  realPath: string;
  /** Null: there is no file. */
  text: string | null;
  /** Permissions. */
  mode: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Of new files and folders: configurations of clients can have secrets. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Reads a file through symbolic links. `folder`: the project that the file must be in, wherever links lead; null: any
 * place. Throws a `Problem` if it is no text file of this user.
 */
export async function readTextFile(path: string, folder: string | null): Promise<FileText> {
  const realPath = await toRealPath(path);
  if (folder !== null && isOutside(realPath, await toRealPath(folder)))
    throw new Problem(`it is a link that leads out of the project, to ${realPath}`);
  const stats = await stat(realPath).catch(toNullIfMissing);
  if (stats === null) return { realPath, text: null, mode: PRIVATE_FILE };
  if (!stats.isFile()) throw new Problem("it is not a file");
  if (process.getuid && stats.uid !== process.getuid())
    throw new Problem("it belongs to another user");
  if (stats.size > MAX_BYTES) throw new Problem("it is larger than 16 MiB");
  const bytes = await readFile(realPath);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { realPath, text, mode: stats.mode & 0o777 };
  } catch {
    // The decoder only fails at bytes that are no UTF-8.
    throw new Problem("it is not UTF-8 text");
  }
}

function isOutside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || way === path;
}

/** The path without symbolic links, also of a file that does not exist yet. */
async function toRealPath(path: string): Promise<string> {
  const found = await realpath(path).catch(toNullIfMissing);
  if (found !== null) return found;
  if ((await lstat(path).catch(toNullIfMissing)) !== null)
    throw new Problem("it is a link to a file that does not exist");
  return dirname(path) === path ? path : join(await toRealPath(dirname(path)), basename(path));
}

function toNullIfMissing(error: unknown): null {
  const code = findSystemCode(error);
  if (code === "ENOENT") return null;
  if (code === "ELOOP" || code === "ENOTDIR" || code === "EACCES")
    throw new Problem(`it cannot be read (${code})`);
  throw error;
}

/** Splits a byte order mark off, which editors of Windows write. */
export function splitMark(text: string): { mark: string; body: string } {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  return { mark, body: text.slice(mark.length) };
}

/** Copies the file to one beside it; returns its path, or null if there is no file. */
export async function backUp(
  { realPath, text, mode }: FileText,
  now: Date,
): Promise<string | null> {
  if (text === null) return null;
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  for (let number = 1; ; number++) {
    const path = `${realPath}.${time}${number === 1 ? "" : `-${number}`}.bak`;
    try {
      await copyFile(realPath, path, constants.COPYFILE_EXCL);
      const copy = await open(path, "r+");
      try {
        await copy.chmod(mode);
      } finally {
        await copy.close();
      }
      return path;
    } catch (error) {
      if (findSystemCode(error) !== "EEXIST") throw error;
    }
  }
}

/**
 * Replaces the file's text in one step, with its permissions. Throws a `Problem` if the file is no longer as it was read:
 * clients write their files too.
 */
export async function replaceFile(file: FileText, text: string): Promise<void> {
  const { realPath, mode } = file;
  await mkdir(dirname(realPath), { recursive: true, mode: PRIVATE_FOLDER });
  const temporary = `${realPath}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, "wx", PRIVATE_FILE);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const present = await readFile(realPath, "utf8").catch(toNullIfMissing);
    if (present !== file.text)
      throw new Problem(
        "another program has changed it meanwhile, so it is left alone; run this again",
      );
    await rename(temporary, realPath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
