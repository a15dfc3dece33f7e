import { z } from "zod";
import type { Askable } from "../contract/admission.ts";
import type { Env } from "../env.ts";
import { askableOf } from "../mcp/askable.ts";
import { seal, unseal } from "../seal.ts";

/** A client that comes back later begins anew; nothing is lost by it. */
const LIFETIME_MS = 7 * 24 * 60 * 60_000;

const Sealed = z.object({
  key: z.string(),
  slug: z.string(),
  digest: z.string(),
  askable: z.record(z.string(), z.unknown()),
  clientName: z.string().nullable(),
});

type SealedSession = Omit<z.infer<typeof Sealed>, "askable"> & { askable: Askable };

/** A legacy client as it introduced itself; it carries this itself, sealed, as its `Mcp-Session-Id`. */
export interface ClientSession {
  /** 32 hex digits that no other session has. */
  key: string;
  askable: Askable;
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
  const { key, askable, clientName } = sealed;
  return { kind: "open", session: { key, askable, clientName } };
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
  const session = { ...data, askable: askableOf(data.askable) };
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
    askable: { ...askableOf(client.capabilities) },
    clientName: client.clientName,
  };
  return seal(env.MCPNEST_MASTER_KEYS, "session", session, Date.now() + LIFETIME_MS);
}
