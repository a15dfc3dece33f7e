import { toCanonicalText } from "../contract/definitions/canonical.ts";
import type { Definition } from "../contract/definitions/definition.ts";
import { sha256Hex } from "./sha256.ts";

/** The digest of a definition: the same for all forms of it. SHA-256, lowercase hex. */
export function digestDefinition(definition: Definition): string {
  return sha256Hex(toCanonicalText(definition));
}
