import { z } from "zod";

/** A key that wraps or derives others, under the name by which what it made is recognised. */
export interface MasterKey {
  kid: string;
  key: Uint8Array;
}
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
const Ring = z
  .tuple([Key], Key)
  .refine(
    (ring) => new Set(ring.map(({ kid }) => kid)).size === ring.length,
    "give every key its own kid",
  );

/** Reads `MCPNEST_MASTER_KEYS`. Throws, without the keys in the message, when it is not a ring. */
export function parseKeyRing(text: string): KeyRing {
  const parsed = Ring.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "value"}: ${message}`,
  );
  throw new Error(
    `MCPNEST_MASTER_KEYS must be [{"kid": "…", "key": "<32 bytes, base64>"}, …], newest first: ${problems.join("; ")}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
