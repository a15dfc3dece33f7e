import { z } from "zod";
import { parseJson } from "../mcp/json.ts";

/** A master key, which encrypts or derives other keys; `kid` names it in what it encrypted. */
export interface MasterKey {
  kid: string;
  key: Uint8Array;
}
/** The master keys, newest first: the first one encrypts, all of them decrypt. */
export type KeyRing = readonly [newest: MasterKey, ...older: MasterKey[]];

const KEY_BYTES = 32;

const Key = z.strictObject({
  kid: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, "use 1 to 32 of a-z, A-Z, 0-9, _ and -"),
  key: z
    .base64()
    .transform((text) => Uint8Array.fromBase64(text))
    .refine(
      (key) => key.length === KEY_BYTES,
      "give 32 bytes in base64, as `openssl rand -base64 32` makes them",
    ),
});
/** The parsed form of `MCPNEST_MASTER_KEYS`, newest key first. */
export const KeyRingSchema = z
  .tuple([Key], Key)
  .refine(
    (ring) => new Set(ring.map(({ kid }) => kid)).size === ring.length,
    "give every key its own kid",
  );

/**
 * Parses `MCPNEST_MASTER_KEYS`.
 * @throws Error when it is not a key ring; the message holds no key
 */
export function parseKeyRing(text: string): KeyRing {
  const parsed = KeyRingSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problems = listProblems(parsed.error, { isSecret: true });
  throw new Error(
    `MCPNEST_MASTER_KEYS must be [{"kid": "…", "key": "<32 bytes, base64>"}, …], newest first: ${problems.join("; ")}`,
  );
}

/**
 * The problems of a configuration value, each with its path. An unknown member of a secret is reported without its name:
 * the name can be the secret itself.
 */
export function listProblems(
  { issues }: z.ZodError,
  { isSecret }: { isSecret: boolean },
): string[] {
  return issues.map((issue) => {
    const { path } = issue;
    let problem = issue.message;
    if (issue.code === "unrecognized_keys")
      problem = isSecret
        ? "has an unknown member"
        : `has the unknown member ${issue.keys.join(", ")}`;
    return `${path.join(".") || "value"}: ${problem}`;
  });
}
