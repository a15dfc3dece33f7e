import { DurableObject } from "cloudflare:workers";
import { HTTP_SSE_SESSION_IDLE_MS, REFRESH_INTERVAL_MS } from "../workers/contract/limits.ts";
import type {
  HttpSseCall,
  HttpSseCallResult,
  HttpSseLease,
  HttpSseSessionKey,
  HttpSseSessionRpc,
} from "../workers/contract/rpc/http-sse-session.ts";
import type { ListName } from "../workers/contract/rpc/notification-stream.ts";
import type { UpstreamError } from "../workers/contract/rpc/tool-catalogue.ts";
import type { Env } from "../workers/runtime/env.ts";
import { logFailure } from "../workers/runtime/log.ts";
import { workspacesOf } from "../workers/runtime/objects.ts";
import { budgetsOf } from "../workers/runtime/settings.ts";
import { Throttle } from "../workers/runtime/throttle.ts";
import { egressOf } from "../workers/upstream/egress.ts";
import { SseConnection } from "../workers/upstream/http-sse.ts";
import { Heartbeat } from "./heartbeat.ts";
import { SharedConnection, type Unsent } from "./http-sse/shared-connection.ts";

/** Interval of lease renewals. The Workspace object has the leases in memory, and hibernates after 10 s without a request. */
const RENEW_INTERVAL_MS = 5_000;

/** After this silence a call has lost its reader, which would have cancelled it: longer than every budget. */
const MAX_SILENCE_MS = 2 * 60 * 60_000;

type Opened = { ok: true; connection: SharedConnection } | { ok: false; error: UpstreamError };

/** The session's connection, open or being opened. */
interface Current {
  /** How the server is reached, and the client capabilities that it received; another key needs another connection. */
  key: string;
  /** How the server is reached. */
  serverKey: string;
  session: HttpSseSessionKey;
  opened: Promise<Opened>;
  /** Names the connection's lease. */
  id: string;
  /** Null: not open yet. */
  connection: SharedConnection | null;
}

/**
 * The session of one session owner with one HTTP+SSE server (2024-11-05): the server ties state to the connection, so the
 * connection is kept between calls. It is in memory, together with the credential: when the object is evicted, the next
 * call begins a new session. Nothing is stored.
 */
export class HttpSseSession extends DurableObject<Env> implements HttpSseSessionRpc {
  #current: Current | null = null;
  /** Connections that are open or being opened; replaced ones end with their last call. */
  readonly #open = new Set<Current>();
  readonly #heartbeat = new Heartbeat(this.ctx, RENEW_INTERVAL_MS, () => this.#renew());

  /** See `HttpSseSessionRpc`. A call is sent a second time only if the server refused it unread. */
  async send(call: HttpSseCall): Promise<HttpSseCallResult> {
    const { isUnsent, ...first } = await this.#sendOnCurrent(call);
    if (!isUnsent) return first;
    const { isUnsent: _, ...second } = await this.#sendOnCurrent(call);
    return { ...second, wasSentTwice: true };
  }

  /** See `HttpSseSessionRpc`. The connection must reach the server as the call's endpoint does. */
  async sendOn(connection: string, call: HttpSseCall): Promise<HttpSseCallResult | null> {
    const found = [...this.#open].find((open) => this.#nameOf(open) === connection);
    if (!found?.connection || found.serverKey !== toServerKey(call)) return null;
    const { isUnsent, ...sent } = await this.#start(found, found.connection, call);
    return isUnsent ? null : sent;
  }

  /** See `HttpSseSessionRpc`. */
  async cancel(id: string): Promise<void> {
    for (const { connection } of this.#open) await connection?.cancel(id);
  }

  /**
   * Renews the lease; closes the connection when it is idle for long, or the Workspace object wants it closed. Returns
   * whether a connection is open.
   */
  async #renew(): Promise<boolean> {
    const current = this.#current;
    if (current?.connection) {
      const { usedAt, isIdle } = current.connection;
      const isExpired = isIdle && usedAt <= Date.now() - HTTP_SSE_SESSION_IDLE_MS;
      const mustEnd = isExpired || !(await this.#renewLease(current, { usedAt, isIdle }));
      if (mustEnd) this.#retire(current);
    }
    for (const { connection } of this.#open)
      await connection?.cancelSilentCalls(Date.now() - MAX_SILENCE_MS);
    return this.#open.size > 0;
  }

  async #sendOnCurrent(call: HttpSseCall): Promise<HttpSseCallResult & Unsent> {
    const current = this.#connect(call);
    const opened = await current.opened;
    if (!opened.ok) return opened;
    const sending = this.#start(current, opened.connection, call);
    // No other call uses the session of a suspended call, nor a connection that was replaced while it was opened.
    if (call.session.holder !== null || this.#current !== current) this.#retire(current);
    return sending;
  }

  async #start(
    current: Current,
    connection: SharedConnection,
    call: HttpSseCall,
  ): Promise<HttpSseCallResult & Unsent> {
    const sent = await connection.start(call);
    if (sent.isUnsent) this.#retire(current);
    return sent.ok ? { ...sent, connection: this.#nameOf(current) } : sent;
  }

  /** Names a connection and this object. */
  #nameOf({ id }: Current): string {
    return `${this.ctx.id.toString()} ${id}`;
  }

  /** The connection for the call. Calls that arrive while it is opened wait for the same one. */
  #connect(call: HttpSseCall): Current {
    const { session, clientCapabilities } = call;
    const serverKey = toServerKey(call);
    const key = JSON.stringify([serverKey, clientCapabilities]);
    if (this.#current?.key === key) return this.#current;
    if (this.#current) this.#retire(this.#current);
    const opened = this.#openConnection(call).then((result): Opened => {
      if (!result.ok) return { ok: false, error: result.error };
      return { ok: true, connection: this.#share(current, result.connection) };
    });
    const id = crypto.randomUUID();
    const current: Current = { key, serverKey, session, opened, id, connection: null };
    const ended = opened.then((result) => (result.ok ? result.connection.ended : undefined));
    // The caller gets the error of a failed attempt.
    void ended.catch(() => undefined).then(() => this.#forget(current));
    this.#current = current;
    this.#open.add(current);
    this.#heartbeat.start();
    return current;
  }

  async #openConnection({
    endpoint,
    clientCapabilities: capabilities,
    via,
  }: HttpSseCall): Promise<
    { ok: true; connection: SseConnection } | { ok: false; error: UpstreamError }
  > {
    const { url, headers, credentials, hosted, protocolVersion, accepted } = endpoint;
    const options = { budgets: budgetsOf(this.env), ...egressOf(this.env, hosted), via };
    const opened = await SseConnection.open({ url, headers, credentials }, options);
    if (!opened.ok) return opened;
    const initialized = await opened.connection.initialize({
      capabilities,
      protocolVersion,
      accepted,
    });
    if (initialized.ok) return opened;
    opened.connection.close();
    return initialized;
  }

  #share(current: Current, connection: SseConnection): SharedConnection {
    const changes = new Throttle<ListName>(REFRESH_INTERVAL_MS, (lists) =>
      this.#reportLists(current, lists),
    );
    const shared = new SharedConnection(connection, changes);
    current.connection = shared;
    this.ctx.waitUntil(this.#registerLease(current));
    return shared;
  }

  /** No further call uses the connection. */
  #retire(current: Current): void {
    if (this.#current === current) this.#current = null;
    current.connection?.retire();
  }

  #forget(current: Current): void {
    if (this.#current === current) this.#current = null;
    this.#open.delete(current);
    if (this.#open.size === 0) this.#heartbeat.stop();
  }

  async #registerLease(current: Current): Promise<void> {
    // Its first call follows.
    const use = { usedAt: Date.now(), isIdle: false };
    if (!(await this.#renewLease(current, use))) this.#retire(current);
  }

  /** False: the connection must close. */
  async #renewLease(
    { session: { slug, serverId, sessionOwner }, id }: Current,
    use: Pick<HttpSseLease, "usedAt" | "isIdle">,
  ): Promise<boolean> {
    return workspacesOf(this.env)
      .getByName(slug)
      .renewHttpSseLease({ connection: id, serverId, sessionOwner, ...use })
      .catch((error: unknown) => {
        logFailure("renew_http_sse_lease_failed", error);
        // The next renewal tries again.
        return true;
      });
  }

  /** A change of a list concerns all clients. */
  async #reportLists({ session: { slug, serverId } }: Current, lists: ListName[]): Promise<void> {
    for (const list of lists)
      await workspacesOf(this.env)
        .getByName(slug)
        .reportListChanged(serverId, list)
        .catch((error: unknown) => logFailure("report_list_changed_failed", error));
  }
}

/** How a call's server is reached, as text. */
function toServerKey({ endpoint: { url, headers, hosted } }: HttpSseCall): string {
  return JSON.stringify([url, headers, hosted]);
}
