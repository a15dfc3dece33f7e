import { createHash } from "node:crypto";
import { isObject } from "../mcp/json.ts";
import type { SkillFile } from "../mcp/skills/skill-entry.ts";

/** Why the contents of a response are not the listed file. */
export type FileFault = "size_mismatch" | "digest_mismatch" | "bad_response";

/** The bytes of a file, as its list says, and the content in which they came. */
type VerifiedFile =
  | { ok: true; bytes: Uint8Array; content: Record<string, unknown> }
  | { ok: false; fault: FileFault };

/** Compares the `contents` of a result of `resources/read` with what the list of skills says of the file. */
export function verifyFile(
  contents: unknown,
  { digest, size }: Omit<SkillFile, "uri">,
): VerifiedFile {
  const content: unknown = Array.isArray(contents) && contents.length === 1 ? contents[0] : null;
  if (!isObject(content)) return { ok: false, fault: "bad_response" };
  const { text, blob } = content;
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : decodeBlob(blob);
  if (bytes === null) return { ok: false, fault: "bad_response" };
  if (bytes.byteLength !== size) return { ok: false, fault: "size_mismatch" };
  const isListed = `sha256:${createHash("sha256").update(bytes).digest("hex")}` === digest;
  return isListed ? { ok: true, bytes, content } : { ok: false, fault: "digest_mismatch" };
}

function decodeBlob(blob: unknown): Uint8Array | null {
  try {
    return typeof blob === "string" ? Uint8Array.fromBase64(blob) : null;
  } catch {
    // The server has sent no Base64.
    return null;
  }
}
