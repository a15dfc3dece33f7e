import type {
  ChangedSkillFile,
  ChangedSkillFiles,
  SeenChange,
  SkillText,
} from "../../workers/contract/rpc/contract-commands.ts";
import type { Db } from "../../workers/db/database.ts";
import { findSkillTexts } from "../../workers/db/skill-texts.ts";
import { parseObject } from "../../workers/mcp/json.ts";
import { toFiles, type SkillFile } from "../../workers/mcp/skills/skill-entry.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { readFiles, type ReadFile } from "./read-files.ts";
import { keepTexts, listTextFiles, toHex, toText } from "./skill-texts.ts";

/** Most changed files that are read for one comparison; the others have no text. */
const MAX_COMPARED_FILES = 64;

interface ChangedFile {
  uri: string;
  before: SkillFile | undefined;
  after: SkillFile | undefined;
}

/** See `WorkspaceRpc.readSkillFiles`. What is read goes to the admin only: clients have the approved files. */
export async function readChangedFiles(
  loaded: LoadedWorkspace | null,
  db: Db,
  serverId: string,
  { key, digest }: Pick<SeenChange, "key" | "digest">,
): Promise<ChangedSkillFiles> {
  const server = loaded?.config.servers.get(serverId);
  const { changes = [] } = loaded?.upstreams.served.find(serverId) ?? {};
  const change = changes.find(
    (one) => one.kind === "skill" && one.key === key && one.digest === digest,
  );
  if (!loaded || !server || !change) return null;
  const changed = listChanged(change.before, change.after);
  const isFit = new Set(
    [change.before, change.after].flatMap((json) =>
      listTextFiles(json ?? "{}").map((file) => file.digest),
    ),
  );
  const wanted = changed.flatMap(({ after }) => (after && isFit.has(after.digest) ? after : []));
  const approved = changed.flatMap(({ before }) => (before ? toHex(before.digest) : []));
  const [kept, read] = await Promise.all([
    findSkillTexts(db, loaded.config.workspace.id, approved),
    readFiles(loaded, server, wanted.slice(0, MAX_COMPARED_FILES)),
  ]);
  const files = changed.map(({ uri, before, after }): ChangedSkillFile => ({
    uri,
    before: before ? toKept(before, kept, isFit) : null,
    after: after ? toShown(after, read.get(after.uri), isFit) : null,
  }));
  // Approved, they are what the next version is compared with; the server can have that by then.
  const texts = files.flatMap(({ after }) =>
    after?.problem === null ? { digest: toHex(after.digest), text: after.text } : [],
  );
  await keepTexts(db, loaded.config.workspace.id, texts);
  return { files };
}

/** The files that only one of the versions has, or both with other bytes. */
function listChanged(before: string | null, after: string | null): ChangedFile[] {
  const [old, current] = [before, after].map(
    (json) =>
      new Map(toFiles(parseObject(json ?? "{}")?.["resources"]).map((file) => [file.uri, file])),
  );
  const uris = new Set([...(current?.keys() ?? []), ...(old?.keys() ?? [])]);
  return [...uris]
    .map((uri) => ({ uri, before: old?.get(uri), after: current?.get(uri) }))
    .filter((file) => file.before?.digest !== file.after?.digest);
}

function toKept(
  { digest, size }: SkillFile,
  kept: ReadonlyMap<string, string>,
  isFit: ReadonlySet<string>,
): SkillText {
  const text = kept.get(toHex(digest));
  if (text !== undefined) return { digest, size, text, problem: null };
  return { digest, size, text: null, problem: isFit.has(digest) ? "not_kept" : "too_large" };
}

function toShown(
  { digest, size }: SkillFile,
  read: ReadFile | undefined,
  isFit: ReadonlySet<string>,
): SkillText {
  const withProblem = (problem: Exclude<SkillText["problem"], null>): SkillText => ({
    digest,
    size,
    text: null,
    problem,
  });
  if (!isFit.has(digest)) return withProblem("too_large");
  if (read === undefined || read === "unreadable") return withProblem("not_readable");
  if (read === "unlisted") return withProblem("not_listed_content");
  const text = toText(read);
  return text === null ? withProblem("not_text") : { digest, size, text, problem: null };
}
