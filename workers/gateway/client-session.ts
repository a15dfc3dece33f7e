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
  const sealed = Sealed.safeParse(unseal(env.MCPNEST_MASTER_KEYS, "session", id, Date.now()));
  if (!sealed.success || sealed.data.slug !== slug || sealed.data.digest !== digest)
    return { kind: "invalid" };
  const { key, askable, clientName } = sealed.data;
  return { kind: "open", session: { key, askable: askableOf(askable), clientName } };
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
