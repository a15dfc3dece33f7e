import { toCanonicalText } from "../contract/definitions/canonical.ts";
import type { Definition } from "../contract/definitions/definition.ts";
import { sha256Hex } from "./sha256.ts";

/** The digest of a definition: the same for all forms of it. SHA-256, lowercase hex. */
export function digestDefinition(definition: Definition): string {
  return sha256Hex(toCanonicalText(definition));
}

/** The digest of all that a server shows, in whatever order and form. SHA-256, lowercase hex. */
export function digestDefinitions(definitions: readonly Definition[]): string {
  const digests = definitions.map((one) =>
    JSON.stringify([one.kind, one.key, digestDefinition(one)]),
  );
  return sha256Hex(digests.toSorted().join("\n"));
}
