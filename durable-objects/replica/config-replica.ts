import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { ChangeResult, Command } from "../../workers/contract/rpc/commands.ts";
import type { Detected, ServerCheck } from "../../workers/contract/rpc/tool-catalogue.ts";
import { parseKeyRing, type KeyRing } from "../../workers/crypto/key-ring.ts";
import { insertCallRows, findLastCallSeq } from "../../workers/db/calls.ts";
import { insertChecks } from "../../workers/db/checks.ts";
import { openDb, type Db } from "../../workers/db/database.ts";
import { loadWorkspaceConfig, saveChanges } from "../../workers/db/workspaces.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { budgetsOf } from "../../workers/runtime/settings.ts";
import { egressOf } from "../../workers/upstream/egress.ts";
import { checkUpstreamUrl } from "../../workers/upstream/guarded-fetch.ts";
import { toHostSubject } from "../admission/call-route.ts";
import { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { CallLog } from "../audit/call-log.ts";
import { UNAVAILABLE } from "../changes/change-decision.ts";
import { decideChange, newId } from "../changes/decide-change.ts";
import { Credentials } from "../credentials/credentials.ts";
import { rewrapWorkspaceKey } from "../credentials/encryption.ts";
import { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { Upstreams } from "../tool-catalogue/upstreams.ts";

/** How long after a change of unknown outcome the record is asked again. */
const RECONCILE_AFTER_MS = 5_000;
/** How long a slug that D1 does not know is refused without asking again. */
const UNKNOWN_FOR_MS = 60_000;

/**
 * Keeps the object's copy of the workspace equal to its record in D1. A change is marked as begun here, written there,
 * then taken over. When D1's answer stays out, calls go on under the copy (nobody was promised the change) and the
 * record is read again as soon as it can be; an object that stopped in between reads it before it lets anything through.
 */
export class ConfigReplica {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #storage: WorkspaceStorage;
  readonly #db: Db;
  readonly #credentials: Credentials;
  loaded: LoadedWorkspace | null = null;
  #loading: Promise<LoadedWorkspace | "unknown" | "unavailable"> | null = null;
  #unknownUntil = 0;
  #closing = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
    this.#storage = new WorkspaceStorage(ctx);
    this.#db = openDb(env.DB);
    this.#credentials = new Credentials(() => env.MCPNEST_MASTER_KEYS);
  }

  /** The workspace, from memory, this object's storage or D1. `unavailable`: the record is needed and cannot be read. */
  async load(): Promise<LoadedWorkspace | "unknown" | "unavailable"> {
    if (this.#closing) return "unknown";
    if (this.loaded) return this.loaded;
    this.#loading ??= this.#read().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** The workspace, or null when there is none to work on now. */
  async ready(): Promise<LoadedWorkspace | null> {
    const loaded = await this.load();
    return loaded === "unknown" || loaded === "unavailable" ? null : loaded;
  }

  /** Carries out one change; changes of a workspace happen one after the other. */
  change(command: Command, actor: string): Promise<ChangeResult> {
    return this.#inOrder(async () => {
      this.#unknownUntil = 0;
      const loaded = await this.load();
      if (loaded === "unavailable" || !(await this.#reconcile())) return UNAVAILABLE;
      const ring = this.#keyRing();
      if (typeof ring === "string")
        return { ok: false, refusal: { code: "unavailable", message: ring } };
      const decision = await decideChange(loaded === "unknown" ? null : loaded.config, command, {
        now: Date.now(),
        actor,
        newId,
        ring,
        checkUrl: (url) => checkUpstreamUrl(url, egressOf(this.#env).allowPrivate),
      });
      if (decision.kind === "refused") return { ok: false, refusal: decision.refusal };
      if (decision.kind === "unchanged") return { ok: true, result: decision.result };
      if (command.type === "workspace.delete")
        return this.#delete(decision.changes, decision.event);
      if (!(await this.#save(decision.changes, decision.event))) return UNAVAILABLE;
      return { ok: true, result: decision.result };
    });
  }

  /** Wraps the workspace's data key anew when another master key has become the first; what it encrypts stays as it is. */
  rewrapKey(): Promise<void> {
    return this.#inOrder(async () => {
      const ring = this.#keyRing();
      const loaded = await this.ready();
      if (!loaded || typeof ring === "string" || !(await this.#reconcile())) return;
      const { workspace } = loaded.config;
      const wrappedKey = await rewrapWorkspaceKey(ring, workspace.wrappedKey).catch(() => null);
      if (wrappedKey === null || wrappedKey === workspace.wrappedKey) return;
      const changes: EntityChange[] = [
        { kind: "workspace", id: workspace.id, value: { ...workspace, wrappedKey } },
      ];
      await this.#save(changes, {
        id: newId("evt"),
        workspaceId: workspace.id,
        actor: "system",
        action: "workspace.key_rewrapped",
        object: `workspace:${workspace.slug}`,
        detail: {},
        occurredAt: Date.now(),
      });
    });
  }

  /** Looks at servers now and records what was seen; a database that is away costs the history, not the check. */
  async check(servers: ServerRecord[]): Promise<ServerCheck[]> {
    const loaded = await this.ready();
    if (!loaded) return [];
    const checks = await Promise.all(servers.map((server) => loaded.upstreams.refresh(server)));
    const rows = servers.flatMap((server, i) => {
      const check = checks[i];
      return check ? [{ serverId: server.id, workspaceId: loaded.config.workspace.id, check }] : [];
    });
    await insertChecks(this.#db, rows).catch(() => undefined);
    return checks;
  }

  async #read(): Promise<LoadedWorkspace | "unknown" | "unavailable"> {
    if (this.#storage.exists && this.#storage.get("in_change") === "no") {
      const config = this.#storage.loadConfig();
      if (config) return this.#adopt(config);
    }
    if (this.#unknownUntil > Date.now()) return "unknown";
    try {
      const slug = this.#storage.exists ? this.#storage.get("slug") : this.#ctx.id.name;
      const config = slug ? await loadWorkspaceConfig(this.#db, slug) : null;
      if (!config) {
        this.#unknownUntil = Date.now() + UNKNOWN_FOR_MS;
        return "unknown";
      }
      const lastSeq = this.#storage.exists
        ? 0
        : await findLastCallSeq(this.#db, config.workspace.id);
      this.#create(config.workspace.slug, lastSeq);
      this.#storage.replaceConfig(config);
      this.#storage.set("in_change", "no");
      return this.#adopt(config);
    } catch {
      return "unavailable";
    }
  }

  /** Numbering goes on where D1's rows end, so that a rebuilt object gives no number twice. */
  #create(slug: string, lastSeq: number): void {
    this.#storage.create();
    this.#storage.set("slug", slug);
    if (lastSeq > 0) {
      this.#storage.set("reserved", String(lastSeq));
      this.#storage.set("accounted", String(lastSeq));
    }
  }

  #adopt(config: WorkspaceConfig): LoadedWorkspace {
    const headersOf = (server: ServerRecord) =>
      this.#credentials.headersOf(this.loaded?.config.workspace ?? config.workspace, server);
    const budgets = budgetsOf(this.#env);
    const optionsFor = (server: ServerRecord) => ({
      budgets,
      ...egressOf(this.#env, toHostSubject(config.workspace, server)),
    });
    const upstreams = new Upstreams(this.#storage, {
      budgets,
      optionsFor,
      headersOf,
      onDetected: (server, detected) => this.#saveDetected(server, detected),
    });
    const ledger = new CallLog(this.#storage, config.workspace.id, Date.now());
    this.loaded = new LoadedWorkspace({
      config,
      callLog: ledger,
      upstreams,
      headersOf,
      optionsFor,
    });
    return this.loaded;
  }

  /** Reads the record again after a change of unknown outcome. False: it cannot be read now. */
  async #reconcile(): Promise<boolean> {
    const loaded = this.loaded;
    if (!loaded || this.#storage.get("in_change") === "no") return true;
    try {
      const config = await loadWorkspaceConfig(this.#db, loaded.config.workspace.slug);
      if (!config) return false;
      this.#storage.replaceConfig(config);
      this.#storage.set("in_change", "no");
      loaded.replace(config);
      return true;
    } catch {
      return false;
    }
  }

  #reconcileLater(): void {
    setTimeout(() => {
      this.#ctx.waitUntil(
        this.#inOrder(() => this.#reconcile()).then((done) =>
          done ? undefined : this.#reconcileLater(),
        ),
      );
    }, RECONCILE_AFTER_MS);
  }

  async #save(changes: EntityChange[], event: AuditEvent | null): Promise<boolean> {
    const created = changes.find((change) => change.kind === "workspace");
    if (!this.#storage.exists && created) this.#create(created.value.slug, 0);
    this.#storage.set("in_change", "yes");
    try {
      await saveChanges(this.#db, changes, event);
    } catch {
      this.#reconcileLater();
      return false;
    }
    this.#takeOver(changes);
    return true;
  }

  #takeOver(changes: EntityChange[]): void {
    const before = this.loaded?.config.servers;
    const stale = changes.filter(
      (change) =>
        change.kind === "server" &&
        (!change.value || change.value.url !== before?.get(change.id)?.url),
    );
    this.#storage.saveEntities(changes);
    this.#storage.set("in_change", "no");
    if (this.loaded) {
      this.loaded.apply(changes);
      for (const { id } of stale) this.loaded.upstreams.forget(id);
    } else {
      const config = this.#storage.loadConfig();
      if (config) this.#adopt(config);
    }
  }

  /** Every row reaches D1 before the workspace goes; then nothing of it stays here for a later one of that name. */
  async #delete(changes: EntityChange[], event: AuditEvent): Promise<ChangeResult> {
    const loaded = this.loaded;
    if (!loaded) return UNAVAILABLE;
    this.#closing = true;
    this.#storage.set("in_change", "yes");
    try {
      for (const rows of loaded.callLog.drain(Date.now()))
        await insertCallRows(this.#db, loaded.config.workspace.id, rows);
      await saveChanges(this.#db, changes, event);
    } catch {
      this.#closing = false;
      this.#reconcileLater();
      return UNAVAILABLE;
    }
    await this.#ctx.storage.deleteAlarm();
    await this.#ctx.storage.deleteAll();
    this.loaded = null;
    this.#closing = false;
    return { ok: true, result: {} };
  }

  /** What a probe found is worth keeping even while D1 is away: then only this object knows until the next probe. */
  #saveDetected(server: ServerRecord, detected: Detected): Promise<void> {
    return this.#inOrder(async () => {
      const current = this.loaded?.config.servers.get(server.id);
      if (!current || current.url !== server.url) return;
      const value: ServerRecord = { ...current, ...detected, probedAt: Date.now() };
      const changes: EntityChange[] = [{ kind: "server", id: server.id, value }];
      await saveChanges(this.#db, changes, null).catch(() => undefined);
      this.#storage.saveEntities(changes);
      this.loaded?.apply(changes);
    });
  }

  /** The master keys, or what is wrong with them in a sentence. */
  #keyRing(): KeyRing | string {
    try {
      return parseKeyRing(this.#env.MCPNEST_MASTER_KEYS);
    } catch (error) {
      return error instanceof Error ? error.message : "MCPNEST_MASTER_KEYS cannot be read";
    }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
