import { z } from "zod";
import type { ClientCapabilities } from "../../contract/rpc/admission.ts";
import { seal, unseal } from "../../crypto/seal.ts";
import { parseClientCapabilities } from "../../mcp/client-capabilities.ts";
import type { Env } from "../../runtime/env.ts";

/** A client that comes back later begins anew; nothing is lost by it. */
const LIFETIME_MS = 7 * 24 * 60 * 60_000;

const Sealed = z.object({
  key: z.string(),
  slug: z.string(),
  digest: z.string(),
  clientCapabilities: z.record(z.string(), z.unknown()),
  clientName: z.string().nullable(),
});

type SealedSession = Omit<z.infer<typeof Sealed>, "clientCapabilities"> & {
  clientCapabilities: ClientCapabilities;
};

/** A legacy client as it introduced itself; it carries this itself, sealed, as its `Mcp-Session-Id`. */
export interface ClientSession {
  /** 32 hex digits that no other session has. */
  key: string;
  clientCapabilities: ClientCapabilities;
  clientName: string | null;
}

export type OpenedClientSession =
  | { kind: "none" }
  /** Forged, expired, or of another token or workspace: the client must initialize again (404). */
  | { kind: "invalid" }
  | { kind: "open"; session: ClientSession };

/** The session of a request; `digest` is the SHA-256 of its token. */
export function openClientSession(
  headers: Headers,
  env: Env,
  slug: string,
  digest: string,
): OpenedClientSession {
  const id = headers.get("mcp-session-id");
  if (id === null) return { kind: "none" };
  const sealed = readSealed(unseal(env.MCPNEST_MASTER_KEYS, "session", id, Date.now()));
  if (sealed?.slug !== slug || sealed.digest !== digest) return { kind: "invalid" };
  const { key, clientCapabilities, clientName } = sealed;
  return { kind: "open", session: { key, clientCapabilities, clientName } };
}

/** By what `unseal` gave, which is the same object whenever a session is opened again. */
const known = new WeakMap<object, SealedSession>();

/** Null: it was not sealed by this version. */
function readSealed(value: unknown): SealedSession | null {
  if (typeof value !== "object" || value === null) return null;
  const before = known.get(value);
  if (before) return before;
  const { data } = Sealed.safeParse(value);
  if (!data) return null;
  const session = { ...data, clientCapabilities: parseClientCapabilities(data.clientCapabilities) };
  known.set(value, session);
  return session;
}

/** A new session id for a client that has just introduced itself. */
export function sealClientSession(
  client: { capabilities: unknown; clientName: string | null },
  env: Env,
  slug: string,
  digest: string,
): string {
  const session: z.infer<typeof Sealed> = {
    key: crypto.randomUUID().replaceAll("-", ""),
    slug,
    digest,
    clientCapabilities: { ...parseClientCapabilities(client.capabilities) },
    clientName: client.clientName,
  };
  return seal(env.MCPNEST_MASTER_KEYS, "session", session, Date.now() + LIFETIME_MS);
}
