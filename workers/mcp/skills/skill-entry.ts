import { isJsonObject, toNumber, type JsonObject } from "../definitions/exact-json.ts";
import { cleanText } from "../definitions/hidden-text.ts";
import { toReporter } from "../definitions/repair-definition.ts";
import { isWithinSkill, toSkillName, toSkillPath, toSkillRoot } from "./skill-uri.ts";

/** Limits of one skill that hosts accept (SEP-2640, "Limits"): its files, and their bytes together. */
const MAX_FILES = 512;
const MAX_SKILL_BYTES = 16 * 1024 * 1024;

/** A file of a skill; `digest`: `sha256:` with 64 lowercase hex digits; `size` in bytes. */
export interface SkillFile {
  uri: string;
  digest: string;
  size: number;
}

/** A usable entry of a list of skills, or why it is left out. */
type SkillEntryResult =
  | { ok: true; definition: JsonObject; changes: string[] }
  | { ok: false; reason: string };

/**
 * Checks an entry of `skills/list` or `skills/get` (SEP-2640). An entry is never shortened: clients compare its frontmatter
 * with the file, and its files must be complete. `value` is an object of `parseExact`.
 */
export function checkSkillEntry(value: JsonObject): SkillEntryResult {
  const { uri, frontmatter, resources, ...others } = value;
  const path = typeof uri === "string" ? toSkillPath(uri) : null;
  if (typeof uri !== "string" || path === null)
    return refuse("has a URI that is not skill://…/<name>/SKILL.md in its plain form");
  const reason =
    findFrontmatterFault(frontmatter, toSkillName(path)) ??
    findFilesFault(resources, uri, toSkillRoot(path));
  if (reason !== null) return refuse(reason);
  const changes: string[] = [];
  const cleaned = cleanText(others, [], toReporter(changes));
  const shown = Object.entries(cleaned).filter(([name]) => name !== "__proto__");
  const files = toFiles(resources).map((file) => ({ ...file }));
  const definition = { uri, frontmatter, resources: files, ...Object.fromEntries(shown) };
  return { ok: true, definition, changes };
}

/** The files of a checked entry. */
export function toFiles(resources: unknown): SkillFile[] {
  if (!Array.isArray(resources)) return [];
  return resources.filter(isJsonObject).map(({ uri, digest, size }) => ({
    uri: String(uri),
    digest: String(digest),
    size: toNumber(size),
  }));
}

function refuse(reason: string): SkillEntryResult {
  return { ok: false, reason };
}

function findFrontmatterFault(frontmatter: unknown, name: string): string | null {
  if (!isJsonObject(frontmatter)) return "has no frontmatter";
  if (frontmatter["name"] !== name) return "has another name in its frontmatter than in its URI";
  const { description } = frontmatter;
  if (typeof description !== "string" || description.trim() === "") return "has no description";
  if (hasProtoMember(frontmatter)) return "has a member named __proto__ in its frontmatter";
  const hidden: string[] = [];
  cleanText(frontmatter, ["frontmatter"], toReporter(hidden));
  return hidden[0] === undefined ? null : hidden[0].replace(/: (?:they are|the member is) .*/, "");
}

function findFilesFault(resources: unknown, uri: string, root: string): string | null {
  if (resources === "dynamic") return "has no digests of its files, so that nothing can be checked";
  if (!Array.isArray(resources)) return "has no list of files";
  if (resources.length > MAX_FILES) return `has more than ${MAX_FILES} files`;
  const uris = new Set<string>();
  let bytes = 0;
  for (const file of resources) {
    const fault = findFileFault(file, root);
    if (fault !== null) return fault;
    const [checked] = toFiles([file]);
    if (checked === undefined || uris.has(checked.uri)) return "lists a file twice";
    uris.add(checked.uri);
    bytes += checked.size;
  }
  if (!uris.has(uri)) return "does not list its SKILL.md among its files";
  return bytes > MAX_SKILL_BYTES ? "is larger than 16 MiB" : null;
}

function findFileFault(file: unknown, root: string): string | null {
  if (!isJsonObject(file)) return "lists a file that is no object";
  const { uri, digest, size } = file;
  if (typeof uri !== "string" || !isWithinSkill(uri, root)) return "lists a file outside the skill";
  if (typeof digest !== "string" || !/^sha256:[\da-f]{64}$/.test(digest))
    return "lists a file without a SHA-256 digest";
  const bytes = toNumber(size);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? null : "lists a file without its size";
}

/** Readers of such a member can take it for the object's prototype. */
function hasProtoMember(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasProtoMember);
  if (!isJsonObject(value)) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProtoMember);
}
