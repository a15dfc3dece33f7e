import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LogLine } from "../../workers/contract/hosting/host-protocol.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { Engine, LogQuery } from "../engine/engine.ts";
import { readJsonFile, replaceJsonFile } from "../state/json-file.ts";

/** Lines that are kept of containers that no longer exist, and their characters. */
const MAX_KEPT_LINES = 500;
const MAX_KEPT_CHARACTERS = 256 * 1024;
/** Time to read the lines of a container before it is removed. */
const KEEP_TIMEOUT_MS = 5_000;
/** Logs of instances that did not come back to this host are deleted after a week. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;

const Lines = z.array(LogLine);

/**
 * The log of an instance over all its containers. The engine has the lines of the current container; the last lines of
 * earlier ones, and a line of the host at each restart, are in a file of the state folder (mode 0600). The bridge has
 * redacted all lines.
 */
export class InstanceLog {
  readonly #file: string;
  readonly #engine: Engine;
  #kept: LogLine[];
  #lastSave: Promise<void> = Promise.resolve();

  private constructor(file: string, engine: Engine, kept: LogLine[]) {
    this.#file = file;
    this.#engine = engine;
    this.#kept = kept;
  }

  /** Reads the kept lines of the instance in the folder. An unreadable file counts as empty. */
  static async open(folder: string, instanceId: string, engine: Engine): Promise<InstanceLog> {
    const file = join(folder, `${instanceId}.json`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const content = await readJsonFile(file);
      return new InstanceLog(file, engine, content === null ? [] : Lines.parse(content));
    } catch (error) {
      logFailure("instance_log_unreadable", error, { instance: instanceId });
      return new InstanceLog(file, engine, []);
    }
  }

  /** Whether no line of an earlier container is kept. */
  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Adds the host's line between two runs of the server. Never rejects. */
  markRestart(): Promise<void> {
    const text = "--- The server starts again. ---";
    // Nine digits, as the engine writes them: lines are ordered by their text.
    const at = `${new Date().toISOString().slice(0, -1)}000000Z`;
    return this.#keep([{ at, stream: "host", text }]);
  }

  /** Keeps the last lines of a container that is removed next. Never rejects: the removal is more important. */
  async keepContainer(containerId: string): Promise<void> {
    try {
      await this.#keep(
        await this.#readContainer(containerId, { tail: MAX_KEPT_LINES, since: null }),
      );
    } catch (error) {
      logFailure("instance_log_not_kept", error);
    }
  }

  /** Lines of all containers in the order of their times. `containerId` null: there is none now. */
  async *read(
    containerId: string | null,
    { tail, since, follow, signal }: LogQuery,
  ): AsyncGenerator<LogLine> {
    const present =
      containerId === null ? [] : await this.#readContainer(containerId, { tail, since });
    const kept = this.#kept.filter(({ at }) => since === null || at >= since);
    if (tail > 0) yield* merge(kept, present).slice(-tail);
    if (!follow || containerId === null || signal.aborted) return;
    const last = present.at(-1)?.at ?? since;
    const query = {
      tail: last === null && tail > 0 ? MAX_KEPT_LINES : tail,
      since: last,
      follow,
      signal,
    };
    for await (const line of this.#engine.readLog(containerId, query)) {
      // `since` is inclusive.
      if (last === null || line.at > last) yield line;
    }
  }

  /** Deletes the kept lines. */
  async delete(): Promise<void> {
    this.#kept = [];
    await this.#lastSave;
    await rm(this.#file, { force: true });
  }

  async #readContainer(
    containerId: string,
    query: Pick<LogQuery, "tail" | "since">,
  ): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    const signal = AbortSignal.timeout(KEEP_TIMEOUT_MS);
    for await (const line of this.#engine.readLog(containerId, { ...query, follow: false, signal }))
      lines.push(line);
    return lines;
  }

  #keep(lines: LogLine[]): Promise<void> {
    const known = new Set(this.#kept.map(({ at }) => at));
    this.#kept = cut(
      merge(
        this.#kept,
        lines.filter(({ at }) => !known.has(at)),
      ),
    );
    const save = () =>
      replaceJsonFile(this.#file, this.#kept).catch((error: unknown) =>
        logFailure("instance_log_not_kept", error),
      );
    this.#lastSave = this.#lastSave.then(save);
    return this.#lastSave;
  }
}

/** Deletes the logs of instances that are not on this host and whose files did not change for a week. */
export async function deleteOldLogs(
  folder: string,
  isKnown: (instanceId: string) => boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > MAX_AGE_MS && !isKnown(name.replace(/\.json$/, "")))
      await rm(file, { force: true });
  }
}

function merge(one: LogLine[], other: LogLine[]): LogLine[] {
  return [...one, ...other].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The newest lines within both limits. */
function cut(lines: LogLine[]): LogLine[] {
  const kept: LogLine[] = [];
  let characters = 0;
  for (const line of lines.slice(-MAX_KEPT_LINES).toReversed()) {
    characters += line.text.length;
    if (characters > MAX_KEPT_CHARACTERS) break;
    kept.push(line);
  }
  return kept.toReversed();
}
