import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { findSystemCode, Problem } from "./problem.ts";

/** Runs `work` while no other run of this program has the lock. Throws a `Problem` if another one has it. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!(await takeLock(path))) {
    const holder = await readHolder(path);
    if (holder === null || isAlive(holder)) throw toProblem(path, holder);
    await dropLock(path, holder);
    if (!(await takeLock(path))) throw toProblem(path, null);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(String(process.pid));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (findSystemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** The process that has the lock; null: it is not known. */
async function readHolder(path: string): Promise<number | null> {
  try {
    const text = await readFile(path, "utf8");
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Removes the lock of a process that ended without doing so. Another run that does the same must not lose its new lock. */
async function dropLock(path: string, holder: number): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== holder) await link(aside, path);
  await rm(aside, { force: true });
  if (moved !== holder) throw toProblem(path, moved);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return findSystemCode(error) !== "ESRCH";
  }
}

function toProblem(path: string, holder: number | null): Problem {
  const who = holder === null ? "" : ` (process ${holder})`;
  return new Problem(
    `Another run is writing now${who}. Try again when it has ended. If none is running, delete ${path}`,
  );
}
