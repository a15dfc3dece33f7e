import { z } from "zod";
import { CLIENT_SESSION_LIFETIME_MS } from "../../contract/limits.ts";
import type { ClientCapabilities } from "../../contract/rpc/admission.ts";
import { seal, unseal } from "../../crypto/seal.ts";
import { parseClientCapabilities } from "../../mcp/client-capabilities.ts";
import type { Env } from "../../runtime/env.ts";

const SealedSession = z.object({
  key: z.string(),
  /** By `toAddress`. */
  slug: z.string(),
  /** `EntryContext.boundTo`. */
  digest: z.string(),
  clientCapabilities: z.record(z.string(), z.unknown()),
  clientName: z.string().nullable(),
  // Sessions of earlier releases lack these.
  clientVersion: z.string().nullable().default(null),
  protocolVersion: z.string().nullable().default(null),
});

type ParsedSession = Omit<z.infer<typeof SealedSession>, "clientCapabilities"> & {
  clientCapabilities: ClientCapabilities;
};

/** The `initialize` data of a legacy client. The client carries it itself, sealed, as its `Mcp-Session-Id`. */
export interface ClientSession {
  /** Unique: 32 hex digits. */
  key: string;
  clientCapabilities: ClientCapabilities;
  clientName: string | null;
  clientVersion: string | null;
  /** The revision that `initialize` agreed on; null: the session is of an older release. */
  protocolVersion: string | null;
}

/** The client session of a request; `invalid`: its id cannot be opened. */
export type OpenedClientSession =
  | { kind: "none" }
  /** Forged, expired, or of another token or address: the client must initialize again (404). */
  | { kind: "invalid" }
  | { kind: "open"; session: ClientSession };

/**
 * Opens the client session of a request. It is bound to the address (`toAddress`) and to the token or its grant (`boundTo`).
 */
export function openClientSession(
  headers: Headers,
  env: Env,
  address: string,
  boundTo: string,
): OpenedClientSession {
  const id = headers.get("mcp-session-id");
  if (id === null) return { kind: "none" };
  const sealed = parseSession(unseal(env.MCPNEST_MASTER_KEYS, "session", id, Date.now()));
  if (sealed?.slug !== address || sealed.digest !== boundTo) return { kind: "invalid" };
  const { slug: _slug, digest: _digest, ...session } = sealed;
  return { kind: "open", session };
}

/** Parsed sessions by the value of `unseal`, which returns the same object each time that a session is opened. */
const parsed = new WeakMap<object, ParsedSession>();

/** Null: the value was sealed by an incompatible version. */
function parseSession(value: unknown): ParsedSession | null {
  if (typeof value !== "object" || value === null) return null;
  const known = parsed.get(value);
  if (known) return known;
  const { data } = SealedSession.safeParse(value);
  if (!data) return null;
  const session = { ...data, clientCapabilities: parseClientCapabilities(data.clientCapabilities) };
  parsed.set(value, session);
  return session;
}

/** Makes the session id for a client that sent `initialize`. */
export function sealClientSession(
  client: Omit<ClientSession, "key" | "clientCapabilities"> & { capabilities: unknown },
  env: Env,
  address: string,
  boundTo: string,
): string {
  const { capabilities, ...others } = client;
  const session: z.infer<typeof SealedSession> = {
    key: crypto.randomUUID().replaceAll("-", ""),
    slug: address,
    digest: boundTo,
    clientCapabilities: { ...parseClientCapabilities(capabilities) },
    ...others,
  };
  return seal(env.MCPNEST_MASTER_KEYS, "session", session, Date.now() + CLIENT_SESSION_LIFETIME_MS);
}

/** The key under which a client can cancel its call; `requestId` is JSON text. */
export function toCallKey(session: ClientSession, requestId: string): string {
  return `${session.key} ${requestId}`;
}
