import { hasHidden } from "../../contract/text/hidden-characters.ts";

const SCHEME = "skill://";
const MANIFEST = "/SKILL.md";
/** Longest URI of a file, in characters. */
export const MAX_SKILL_URI_LENGTH = 2048;
/** Agent Skills specification, "name": 1 to 64 characters, no hyphen at an end and no two in a row. */
const NAME = /^(?!.*--)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
/** RFC 3986, section 3.2.2, without escapes: the first segment of a skill's path is the authority. */
const AUTHORITY = /^[\w.~!$&'()*+,;=-]+$/;
/** RFC 3986, section 3.3. */
const SEGMENT = /^(?:[\w.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})+$/;

/** Whether a URI has the scheme of skills, however it is written. */
export function hasSkillScheme(uri: string): boolean {
  return /^\s*skill:/i.test(uri);
}

/**
 * The path of a skill (SEP-2640, `<skill-path>`) from the URI of its SKILL.md; null: it is no such URI. Only one form of a
 * URI is accepted, so that equal URIs are equal texts.
 */
export function toSkillPath(uri: string): string | null {
  if (!isPlainUri(uri) || !uri.endsWith(MANIFEST)) return null;
  const path = uri.slice(SCHEME.length, -MANIFEST.length);
  return path !== "" && NAME.test(toSkillName(path)) ? path : null;
}

/** The name of a skill: the last segment of its path. */
export function toSkillName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The URI below which all files of the skill with this path are. */
export function toSkillRoot(path: string): string {
  return `${SCHEME}${path}/`;
}

/** Whether a URI is below a root and can mean nothing outside it: no `..`, no escaped separator, no query. */
export function isWithinSkill(uri: string, root: string): boolean {
  return uri.startsWith(root) && uri.length > root.length && isPlainUri(uri);
}

/** A URI of the scheme whose segments no reader can take for other ones. */
function isPlainUri(uri: string): boolean {
  if (!uri.startsWith(SCHEME) || uri.length > MAX_SKILL_URI_LENGTH) return false;
  const [authority = "", ...segments] = uri.slice(SCHEME.length).split("/");
  return AUTHORITY.test(authority) && !isDots(authority) && segments.every(isPlainSegment);
}

function isPlainSegment(segment: string): boolean {
  if (!SEGMENT.test(segment) || isDots(segment)) return false;
  if (!segment.includes("%")) return true;
  try {
    const decoded = decodeURIComponent(segment);
    return !isDots(decoded) && !/[/\\%]/.test(decoded) && !hasHidden(decoded);
  } catch {
    // The escapes are not UTF-8.
    return false;
  }
}

function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}
