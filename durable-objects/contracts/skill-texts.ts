import type { Contract } from "../../workers/contract/records/contract.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { Db } from "../../workers/db/database.ts";
import {
  findKeptDigests,
  insertSkillTexts,
  sumKeptTexts,
  type KeptText,
} from "../../workers/db/skill-texts.ts";
import { parseObject } from "../../workers/mcp/json.ts";
import { toFiles, type SkillFile } from "../../workers/mcp/skills/skill-entry.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { readFiles, type ReadFile } from "./read-files.ts";

/** Largest file whose text is kept and compared, in bytes: the words of a longer one are not compared. */
const MAX_TEXT_BYTES = 60_000;
/** Most bytes of the files of one skill whose texts are kept and compared. */
const MAX_SKILL_TEXT_BYTES = 1024 * 1024;
/** Most files of a server that are read after one look at it; the next looks read others. */
const MAX_READ_FILES = 64;
/** Most characters of the texts of a workspace. */
const MAX_WORKSPACE_LENGTH = 32 * 1024 * 1024;

/** Keeps the texts of approved skills, because a server has only the latest ones. They are compared when a file changes. */
export class SkillTexts {
  readonly #db: Db;
  /** Digests that are kept, or whose files have no text that can be. */
  readonly #settled = new Set<string>();
  readonly #running = new Set<string>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Reads the approved files of a server of which no text is kept, and which the server still lists. Never throws. */
  async keep(loaded: LoadedWorkspace, serverId: string): Promise<void> {
    const server = loaded.config.servers.get(serverId);
    const { served } = loaded.upstreams;
    const wanted = listWanted(served.findContract(serverId), served.observed(serverId)).filter(
      ({ digest }) => !this.#settled.has(digest),
    );
    if (!server || wanted.length === 0 || this.#running.has(serverId)) return;
    this.#running.add(serverId);
    try {
      const { id } = loaded.config.workspace;
      const known = await findKeptDigests(
        this.#db,
        id,
        wanted.map(({ digest }) => toHex(digest)),
      );
      const missing = wanted.filter(({ digest }) => !known.has(toHex(digest)));
      for (const digest of known) this.#settled.add(`sha256:${digest}`);
      if (missing.length === 0) return;
      const read = await readFiles(loaded, server, missing.slice(0, MAX_READ_FILES));
      const texts = missing.flatMap((file) => this.#settle(file, read.get(file.uri)));
      await keepTexts(this.#db, id, texts);
    } catch (error) {
      logFailure("skill_texts_not_kept", error, { server: serverId });
    } finally {
      this.#running.delete(serverId);
    }
  }

  #settle({ digest }: SkillFile, read: ReadFile | undefined): KeptText[] {
    if (!(read instanceof Uint8Array)) return [];
    this.#settled.add(digest);
    const text = toText(read);
    return text === null ? [] : [{ digest: toHex(digest), text }];
  }
}

/** Stores texts, as long as the workspace has room for them. */
export async function keepTexts(db: Db, workspaceId: string, texts: KeptText[]): Promise<void> {
  if (texts.length === 0) return;
  const length = await sumKeptTexts(db, workspaceId);
  if (length < MAX_WORKSPACE_LENGTH) await insertSkillTexts(db, workspaceId, texts);
}

/** The text of a file; null: it is none. */
export function toText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    // The file is binary.
    return null;
  }
}

/** The hex digits of a digest in a list of skills. */
export function toHex(digest: string): string {
  return digest.replace(/^sha256:/, "");
}

/** The files of an entry of a skill whose texts are compared; the others are too large. */
export function listTextFiles(json: string): SkillFile[] {
  let bytes = 0;
  return toFiles(parseObject(json)?.["resources"]).filter(({ uri, size }) => {
    // The instructions first, whatever the order of the list.
    const isFit = size <= MAX_TEXT_BYTES && bytes + size <= MAX_SKILL_TEXT_BYTES;
    if (isFit) bytes += size;
    return isFit || (uri.endsWith("/SKILL.md") && size <= MAX_TEXT_BYTES);
  });
}

/** The approved files that the server lists as they were approved. */
function listWanted(contract: Contract | undefined, observed: ToolCatalogue | undefined) {
  const approved = contract?.definitions.filter(({ kind }) => kind === "skill") ?? [];
  if (approved.length === 0 || !observed) return [];
  const shown = new Map(observed.skills.map(({ key, json }) => [key, json]));
  const wanted = new Map<string, SkillFile>();
  for (const { key, json } of approved) {
    const now = shown.get(key);
    if (now === undefined) continue;
    const listed = new Map(listTextFiles(now).map((file) => [file.uri, file.digest]));
    for (const file of listTextFiles(json))
      if (listed.get(file.uri) === file.digest) wanted.set(file.digest, file);
  }
  return [...wanted.values()];
}
