import { createHash } from "node:crypto";
import type { ListView, RefusedReason, SkillRoute } from "../../workers/contract/rpc/admission.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { moveSkill, type FoundSkill } from "../tool-catalogue/exposed-skills.ts";
import type { CallTarget, MergedCatalogue } from "../tool-catalogue/merged-catalogue.ts";

/** The target of a call that concerns a skill, or why there is none. */
export type SkillTarget = { ok: true; target: CallTarget } | { ok: false; reason: RefusedReason };

/** The file of a skill that a client reads: only what a skill lists. Null: the URI is below no skill. */
export function findSkillFile(catalogue: MergedCatalogue, uri: string): SkillTarget | null {
  const found = catalogue.skills.find(uri);
  return found && toTarget(found, uri, null);
}

/** The skill whose entry a client gets. */
export function findSkillEntry(catalogue: MergedCatalogue, uri: string): SkillTarget {
  const found = catalogue.skills.find(uri);
  const isEntry = found?.kind !== "file" || found.file.uri === found.skill.uri;
  if (!found || found.kind === "outside" || !isEntry) return { ok: false, reason: "unknown_skill" };
  if (found.kind === "ambiguous") return { ok: false, reason: "ambiguous_skill" };
  const { json, ownRoot, root } = found.skill;
  return toTarget(found, uri, { listed: json, shown: moveSkill(json, ownRoot, root) });
}

/** A directory as the entry of its skill says, so that no file is loaded; null: no usable skill has it. */
export function listSkillDirectory(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  uri: string,
): ListView | null {
  const found = catalogue.skills.listDirectory(uri);
  if (!found || !access.mayUseServer(found.server.id)) return null;
  const items = JSON.stringify(found.children);
  const etag = createHash("sha256").update(`${uri}\0${items}`).digest("base64url");
  return { etag, items, nextCursor: null };
}

function toTarget(found: FoundSkill, uri: string, entry: SkillRoute["entry"]): SkillTarget {
  if (found.kind === "ambiguous") return { ok: false, reason: "ambiguous_skill" };
  if (found.kind === "outside") return { ok: false, reason: "outside_skill" };
  const { skill, file } = found;
  const { digest, size } = file;
  const route = { name: skill.name, uri, file: entry ? null : { digest, size }, entry };
  return { ok: true, target: { server: skill.server, key: file.uri, skill: route } };
}
