import type {
  ConnectionRecord,
  ConnectionState,
  SignInReason,
  WantedScopes,
} from "../../workers/contract/records/connection.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { renewTokens, type TokenResult } from "../../workers/upstream/sign-in/token-requests.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import {
  ConnectionIndex,
  GATEWAY,
  isReplaced,
  toBearer,
  toHeader,
  type AccessResult,
  type TokenAccess,
} from "./connection-index.ts";
import {
  LOST_REASONS,
  NO_ACCOUNT,
  NO_CONNECTION,
  NO_KEY,
  toAccountError,
  toDownError,
  toError,
  toState,
} from "./connection-words.ts";
import { ExplainedRefusals } from "./explained-refusals.ts";
import { KeptTokensStore, toFailed, toRenewed, type KeptTokens } from "./kept-tokens.ts";
import { confirmRefusal, findMissingScopes, findReason } from "./refusal-reasons.ts";
import {
  discardIssued,
  isRenewable,
  openTokens,
  revokeSecrets,
  sealTokens,
  type ConnectionSecrets,
} from "./sealed-tokens.ts";
import { addWanted, findWanted, toWantedScopes } from "./wanted-scopes.ts";

/** Time until an authorization server that does not answer is asked again. */
const RETRY_AFTER_MS = 10_000;
/** A token that was renewed for a refused call is not renewed again for another one within this time. */
const RENEWED_FOR_MS = 30_000;

interface Dependencies {
  config: WorkspaceConfig;
  storage: WorkspaceStorage;
  openDataKey(wrapped: string): Promise<CryptoKey | null>;
  /** For requests to authorization servers. */
  options: UpstreamOptions;
}

/**
 * The sign-ins of a workspace at its servers. The Workspace object is the one place that refreshes their tokens: one refresh
 * at a time for each, whose new refresh token is stored before the new access token is used.
 */
export class Connections {
  readonly #deps: Dependencies;
  readonly #kept: KeptTokensStore;
  readonly #index: ConnectionIndex;
  readonly #refreshes = new Map<string, Promise<void>>();
  /** Until when (epoch ms) an authorization server that did not answer is not asked. */
  readonly #retryAt = new Map<string, number>();
  /** When a token was last renewed for a refused request, epoch ms. */
  readonly #renewedAt = new Map<string, number>();
  readonly #explained: ExplainedRefusals;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#explained = new ExplainedRefusals(deps.options);
    this.#kept = new KeptTokensStore(deps.storage, deps.config.connections);
    this.#index = new ConnectionIndex(deps.config);
  }

  /** The configuration has changed. */
  handleChange(): void {
    this.#index.rebuild();
  }

  /**
   * The access for a request of a token owner, by its id, or of the gateway itself. Null: it goes without. Waits for a refresh
   * only when the token has expired.
   */
  async accessOf(server: ServerRecord, caller: string): Promise<AccessResult | null> {
    const connection = this.#index.find(server, caller);
    const isOwn = server.perPerson !== null && caller !== GATEWAY;
    if (!connection) return isOwn ? { ok: false, error: NO_ACCOUNT } : null;
    const access = await this.#accessNow(connection);
    if (access.ok) return { ok: true, ...toHeader(server, access.token), version: access.version };
    return isOwn ? { ok: false, error: toAccountError(access.error) } : access;
  }

  async #accessNow(connection: ConnectionRecord): Promise<TokenAccess> {
    const { failure, tokens } = this.#kept.find(connection);
    if (failure?.isFinal) return { ok: false, error: toError(failure.reason, connection) };
    const now = Date.now();
    if (tokens.refreshAt !== null && tokens.refreshAt <= now) {
      const refresh = this.#refresh(connection, now);
      if ((tokens.expiresAt ?? 0) <= now) await refresh;
    }
    return this.#toAccess(connection, now);
  }

  /**
   * Renews the token that a server has refused. Returns whether there is another one than that of `version`, with which the
   * request can be sent again.
   */
  async renew(server: ServerRecord, caller: string, version: number): Promise<boolean> {
    const connection = this.#index.find(server, caller);
    if (!connection) return false;
    const now = Date.now();
    const isRefused = this.#kept.find(connection).version === version;
    if (isRefused && (this.#renewedAt.get(connection.id) ?? 0) <= now - RENEWED_FOR_MS) {
      this.#renewedAt.set(connection.id, now);
      await this.#refresh(connection, now);
      if (this.#kept.find(connection).tokens.refreshAt === null)
        await this.#confirmRefusal(server, connection);
    } else if (isRefused) {
      // Another request was refused just before: both wait for one new token.
      await this.#refreshes.get(connection.id);
    }
    const kept = this.#kept.find(connection);
    return kept.version !== version && !kept.failure?.isFinal;
  }

  /** A refused token or key that cannot be renewed needs a person. A check finds out whether the one that it uses is accepted again. */
  async #confirmRefusal(server: ServerRecord, connection: ConnectionRecord): Promise<void> {
    const access = await this.#toAccess(connection, Date.now());
    if (!access.ok) return;
    const issuer = connection.clientId === "" ? null : connection.issuer;
    const sent = toHeader(server, access.token);
    const reason = await confirmRefusal(server, issuer, sent, this.#deps.options);
    const isChecked = this.#index.find(server, GATEWAY)?.id === connection.id;
    if (reason) this.#fail(connection, reason, !isChecked);
  }

  /** What a check makes of a server's 401 or 403: the failure in words, or `again` when another token is there to try. */
  async explainRefusal(
    server: ServerRecord,
    version: number | undefined,
    error: UpstreamError,
  ): Promise<UpstreamError | "again"> {
    const connection = this.#index.find(server, GATEWAY);
    if (server.perPerson?.kind === "key") {
      if (error.status === 403) return error;
      if (!connection) return { ...error, ...NO_KEY };
      this.#fail(connection, "revoked", false);
      return { ...error, ...toError("revoked", connection) };
    }
    if (error.status === 403) {
      const access = connection && (await this.#toAccess(connection, Date.now()));
      const missing =
        access?.ok && (await findMissingScopes(server, toBearer(access.token), this.#deps.options));
      const wanted = missing && this.handleMissingScopes(server, GATEWAY, missing);
      return wanted ? { ...error, code: "needs_permission", message: wanted.message } : error;
    }
    // A hosted server is reached on another way, and does not ask for one.
    if (!connection) return server.hosted ? error : this.#explained.explain(server, error);
    if (version !== undefined && (await this.renew(server, GATEWAY, version))) return "again";
    const { failure, downSince } = this.#kept.find(connection);
    if (failure?.isFinal) return toError(failure.reason, connection);
    if (downSince !== null) return toDownError(connection);
    const access = await this.#toAccess(connection, Date.now());
    const authorization = access.ok ? toBearer(access.token) : null;
    const { options } = this.#deps;
    const reason = await findReason(server, connection.issuer, authorization, options);
    this.#fail(connection, reason, false);
    return toError(reason, connection);
  }

  /** The server accepts the gateway's token. */
  handleAccepted(server: ServerRecord): void {
    const connection = this.#index.find(server, GATEWAY);
    if (!connection) return;
    const kept = this.#kept.find(connection);
    if (kept.failure && !kept.failure.isFinal)
      this.#kept.save(connection.id, { ...kept, failure: null });
  }

  /** Records that a server has refused a token owner's call for scopes. Null: the gateway has not signed in there for it. */
  handleMissingScopes(server: ServerRecord, caller: string, named: string[]): WantedScopes | null {
    const connection = this.#index.find(server, caller);
    if (!connection) return null;
    const now = Date.now();
    const kept = this.#kept.find(connection);
    const wanted = addWanted(findWanted(kept, now), named, now);
    if (wanted) this.#kept.save(connection.id, { ...kept, wanted });
    return toWantedScopes(connection, { scopes: named, since: now });
  }

  stateOf(server: ServerRecord, caller = GATEWAY): ConnectionState {
    const found = this.#index.find(server, caller);
    return found ? toState(found, this.#kept.find(found), Date.now()) : NO_CONNECTION;
  }

  /** Revokes the tokens of the connections in `before` that are gone, and forgets them. The provider's answer changes nothing. */
  async revokeEnded(
    before: ReadonlyMap<string, ConnectionRecord>,
    isWorkspaceGone: boolean,
  ): Promise<void> {
    for (const [id, connection] of before) {
      if (!isWorkspaceGone && this.#deps.config.connections.has(id)) continue;
      const { tokens } = this.#kept.find(connection);
      // The tables go with the workspace.
      if (!isWorkspaceGone) this.#kept.delete(id);
      if (!isWorkspaceGone && isReplaced(this.#deps.config, connection)) continue;
      const secrets = await this.#open(connection, tokens);
      // The refresh token represents the whole sign-in.
      if (secrets) await revokeSecrets(secrets, this.#deps.options);
    }
  }

  async #toAccess(connection: ConnectionRecord, now: number): Promise<TokenAccess> {
    const { tokens, failure, version, downSince } = this.#kept.find(connection);
    if (failure?.isFinal) return { ok: false, error: toError(failure.reason, connection) };
    if (tokens.expiresAt !== null && tokens.expiresAt <= now) {
      if (tokens.refreshAt !== null || downSince !== null)
        return { ok: false, error: toDownError(connection) };
      this.#fail(connection, "expired", true);
      return { ok: false, error: toError("expired", connection) };
    }
    const secrets = await this.#open(connection, tokens);
    if (secrets) return { ok: true, token: secrets.accessToken, version };
    return { ok: false, error: toError("unreadable", connection) };
  }

  /** Starts a refresh, or joins the one that is running. Never throws. */
  #refresh(connection: ConnectionRecord, now: number): Promise<void> {
    const { id } = connection;
    const running = this.#refreshes.get(id);
    if (running) return running;
    if ((this.#retryAt.get(id) ?? 0) > now) return Promise.resolve();
    const refresh = this.#refreshNow(connection)
      .catch((error: unknown) => logFailure("token_refresh_failed", error, { connection: id }))
      .finally(() => this.#refreshes.delete(id));
    this.#refreshes.set(id, refresh);
    return refresh;
  }

  async #refreshNow(connection: ConnectionRecord): Promise<void> {
    const kept = this.#kept.find(connection);
    const secrets = await this.#open(connection, kept.tokens);
    if (!secrets?.provider || !isRenewable(secrets)) return;
    this.#kept.save(connection.id, { ...kept, isUnanswered: true });
    const { provider, refreshToken } = secrets;
    const result = await renewTokens(provider, refreshToken, connection.scopes, this.#deps.options);
    if (this.#deps.config.connections.get(connection.id)?.connectedAt !== connection.connectedAt)
      return discardIssued(secrets, result, this.#deps.options);
    await this.#handleResult(connection, kept, secrets, result);
  }

  async #handleResult(
    connection: ConnectionRecord,
    kept: KeptTokens,
    secrets: ConnectionSecrets,
    result: TokenResult,
  ): Promise<void> {
    const { id } = connection;
    if (result.kind === "issued") {
      const key = await this.#deps.openDataKey(this.#deps.config.workspace.wrappedKey);
      if (!key) throw new Error("the workspace's key cannot be opened any more");
      const context = this.#toContext(connection);
      const { provider, refreshToken } = secrets;
      const before = { refreshToken, sealed: kept.tokens };
      const tokens = await sealTokens(key, context, provider, result.tokens, Date.now(), before);
      return this.#kept.save(id, toRenewed(this.#kept.find(connection), tokens));
    }
    logEvent({ event: "token_not_refreshed", connection: id, why: result.kind });
    if (result.kind === "down") {
      this.#retryAt.set(id, Date.now() + RETRY_AFTER_MS);
      const isUnanswered = kept.isUnanswered || !result.isAnswered;
      const downSince = kept.downSince ?? Date.now();
      return this.#kept.save(id, { ...this.#kept.find(connection), isUnanswered, downSince });
    }
    // What the provider says of a token that it has replaced says nothing about the sign-in.
    const isLost = kept.isUnanswered && LOST_REASONS.has(result.reason);
    this.#fail(connection, isLost ? "rotated_elsewhere" : result.reason, true);
  }

  #fail(connection: ConnectionRecord, reason: SignInReason, isFinal: boolean): void {
    this.#kept.save(connection.id, toFailed(this.#kept.find(connection), reason, isFinal));
  }

  async #open(
    connection: ConnectionRecord,
    tokens: KeptTokens["tokens"],
  ): Promise<ConnectionSecrets | null> {
    const key = await this.#deps.openDataKey(this.#deps.config.workspace.wrappedKey);
    return key && openTokens(key, this.#toContext(connection), tokens);
  }

  #toContext(connection: ConnectionRecord) {
    return { ...connection, workspaceId: this.#deps.config.workspace.id };
  }
}
