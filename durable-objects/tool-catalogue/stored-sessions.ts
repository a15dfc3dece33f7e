import { sessionKey, type WorkspaceStorage } from "../storage/workspace-storage.ts";

/** Most stored sessions of one server: clients come and go, and each can have one. */
const MAX_SESSIONS_PER_SERVER = 1_000;

/** The workspace's sessions with its servers, by server and session owner. They survive an eviction of the object. */
export class StoredSessions {
  readonly #storage: WorkspaceStorage;
  /** Ordered by time of storage, like the rows. */
  readonly #sessions: Map<string, string>;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.#sessions = storage.loadSessions();
  }

  /** The id of an owner's session with a server; null: there is none. */
  find(serverId: string, sessionOwner: string): string | null {
    return this.#sessions.get(sessionKey(serverId, sessionOwner)) ?? null;
  }

  /** The newest session with a server, other than the lost one; null: none. */
  findOther(serverId: string, lost: string | null): string | null {
    return this.#idsOf(serverId).findLast((sessionId) => sessionId !== lost) ?? null;
  }

  /** Stores an owner's new session; null: the owner uses the newest other one. Returns the session to use, if any. */
  choose(
    serverId: string,
    sessionOwner: string,
    sessionId: string | null,
    replaces: string | null,
  ): string | null {
    const usable = sessionId ?? this.findOther(serverId, replaces);
    return usable && this.save(serverId, sessionOwner, usable, replaces);
  }

  /** Whether two owners use the same session: the server gives no second one. */
  hasShared(serverId: string): boolean {
    const ids = this.#idsOf(serverId);
    return new Set(ids).size < ids.length;
  }

  /**
   * Stores a session in place of `replaces`, unless another one was stored since. Returns the id of the session to use.
   */
  save(serverId: string, sessionOwner: string, sessionId: string, replaces: string | null): string {
    const key = sessionKey(serverId, sessionOwner);
    const current = this.#sessions.get(key);
    if (current !== undefined && current !== replaces) return current;
    // Delete first: a new entry goes to the end.
    this.#sessions.delete(key);
    this.#sessions.set(key, sessionId);
    this.#storage.saveSession(serverId, sessionOwner, sessionId);
    this.#dropOld(serverId);
    return sessionId;
  }

  /** Forgets all sessions with a server. The server ends them after its own timeout. */
  forget(serverId: string): void {
    for (const key of this.#keysOf(serverId)) this.#sessions.delete(key);
    this.#storage.deleteSessions(serverId);
  }

  /** Forgets the sessions of a token owner, by its id. */
  forgetOwner(serverId: string, ownerId: string): void {
    const own = sessionKey(serverId, ownerId);
    for (const key of this.#keysOf(serverId))
      if (key === own || key.startsWith(`${own} `)) this.#delete(serverId, key);
  }

  /** Forgets the oldest sessions above the maximum. */
  #dropOld(serverId: string): void {
    for (const key of this.#keysOf(serverId).slice(0, -MAX_SESSIONS_PER_SERVER))
      this.#delete(serverId, key);
  }

  #delete(serverId: string, key: string): void {
    this.#sessions.delete(key);
    this.#storage.deleteSession(serverId, key.slice(sessionKey(serverId, "").length));
  }

  #keysOf(serverId: string): string[] {
    return [...this.#sessions.keys()].filter((key) => key.startsWith(sessionKey(serverId, "")));
  }

  #idsOf(serverId: string): string[] {
    return this.#keysOf(serverId).flatMap((key) => this.#sessions.get(key) ?? []);
  }
}
