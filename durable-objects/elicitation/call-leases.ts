import { MAX_SUSPENDED_CALLS_PER_TOKEN } from "../../workers/contract/limits.ts";
import type { ClientInfo } from "../../workers/contract/records/stop.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type {
  CallLease,
  CallOrigin,
  LeaseResult,
} from "../../workers/contract/rpc/suspended-call.ts";
import type { TokenOwner } from "../admission/token-owners.ts";
import type { OpenCallCounts } from "../audit/open-call-counts.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import type { AskingServers } from "../tool-catalogue/asking-servers.ts";

/** A lease that was not renewed for this long has expired: its SuspendedCall object stopped. Three renewals can fail. */
const LEASE_MS = 100_000;

interface StoredLease extends CallLease {
  tokenId: string;
  renewedAt: number;
}

/** A workspace with its token owners, calls and servers. */
interface Workspace {
  config: WorkspaceConfig;
  callLog: { inFlight: OpenCallCounts };
  upstreams: { asking: AskingServers };
  findTokenOwner(digest: string, now: number, client?: ClientInfo): TokenOwner | null;
}

/**
 * The leases of held calls, each of which is an object. Two of them never share an upstream session, nor does one share it
 * with a call that is not held, so that a server request on the session belongs to exactly one of them. Stored: the
 * object hibernates between two renewals.
 */
export class CallLeases {
  readonly #workspace: Workspace;
  readonly #storage: WorkspaceStorage;
  readonly #leases: Map<string, StoredLease>;

  constructor(workspace: Workspace, storage: WorkspaceStorage) {
    this.#workspace = workspace;
    this.#storage = storage;
    const stored = readStored<StoredLease[]>(storage.readMeta("call_leases") ?? "[]");
    this.#leases = new Map(stored.map((lease) => [lease.holder, lease]));
  }

  /** See `WorkspaceRpc`. */
  acquire(lease: CallLease, origin: CallOrigin, now: number): LeaseResult | null {
    const { upstreams, callLog, config } = this.#workspace;
    const { serverId } = lease;
    const owner = this.#workspace.findTokenOwner(lease.digest, now, lease.client);
    const server = config.servers.get(serverId);
    if (!owner || !server) return null;
    upstreams.asking.add(serverId, callLog.inFlight.newest);
    for (const [holder, { renewedAt }] of this.#leases)
      if (renewedAt < now - LEASE_MS) this.#leases.delete(holder);
    const tokenId = owner.token.id;
    const others = [...this.#leases.values()];
    if (others.filter((other) => other.tokenId === tokenId).length >= MAX_SUSPENDED_CALLS_PER_TOKEN)
      return "too_many";
    const parties = { memberId: owner.member?.id ?? null, tokenId, serverSlug: server.slug };
    if (origin === "shared_stream" && callLog.inFlight.count(parties) > 1) return "ambiguous";
    const isInUse =
      others.some(({ sessionOwner, ownsSession, ...other }) => {
        const isSame = other.serverId === serverId && sessionOwner === lease.sessionOwner;
        return isSame && !ownsSession;
      }) || callLog.inFlight.hasUpTo(upstreams.asking.lastUnheld(serverId), parties);
    // A call that was sent already stays on its session.
    const ownsSession = origin === "unsent" && isInUse;
    this.#leases.set(lease.holder, { ...lease, ownsSession, tokenId, renewedAt: now });
    this.#save();
    return ownsSession ? "own" : "shared";
  }

  /** False: the token is not valid any more, or its owner may not use the server; the call must end. */
  renew(lease: CallLease, now: number): boolean {
    const owner = this.#workspace.findTokenOwner(lease.digest, now, lease.client);
    const isServed = this.#workspace.config.servers.get(lease.serverId)?.enabled === true;
    const mayGoOn = owner !== null && isServed && owner.access.mayKnowServer(lease.serverId);
    if (mayGoOn) {
      const tokenId = owner.token.id;
      this.#leases.set(lease.holder, { ...lease, tokenId, renewedAt: now });
    } else this.#leases.delete(lease.holder);
    this.#save();
    return mayGoOn;
  }

  release(holder: string): void {
    if (this.#leases.delete(holder)) this.#save();
  }

  #save(): void {
    this.#storage.writeMeta("call_leases", JSON.stringify([...this.#leases.values()]));
  }
}
