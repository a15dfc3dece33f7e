import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { ChangeResult, Command, CommandType } from "../../workers/contract/rpc/commands.ts";
import type { Detected } from "../../workers/contract/rpc/tool-catalogue.ts";
import { openDb, type Db } from "../../workers/db/database.ts";
import { loadWorkspaceConfig, saveChanges } from "../../workers/db/workspaces.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { Semaphore } from "../../workers/runtime/semaphore.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { endCallLog } from "../audit/outbox.ts";
import {
  NO_WORKSPACE,
  toRefusedChange,
  UNAVAILABLE,
  type StoredBesides,
} from "../changes/change-decision.ts";
import { readKeyRing } from "../credentials/encryption.ts";
import { decideRewrap } from "../credentials/rewrap-key.ts";
import { withRemovals } from "../policy/rules.ts";
import { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { NO_NAMES, type WantedNames } from "../tool-catalogue/name-owners.ts";
import { VersionLog } from "../versions/version-log.ts";
import { assembleWorkspace } from "./assemble-workspace.ts";
import { decideCommand } from "./change-context.ts";
import { ContractStore } from "./contract-store.ts";
import {
  clearStorage,
  createStorage,
  isWorkspace,
  recreateStorage,
  storeDetected,
  toDetectedChange,
} from "./stored-workspace.ts";

/** Time until D1 is read again after a change that it did not confirm. */
const RECONCILE_AFTER_MS = 5_000;
/** How long a slug that D1 does not know is refused without a new read of D1. */
const UNKNOWN_FOR_MS = 60_000;

/** `unknown`: there is no workspace of this slug. `unavailable`: D1 must be read and cannot be read now. */
type LoadResult = LoadedWorkspace | "unknown" | "unavailable";

/**
 * The object's copy of the workspace's configuration; D1 is the system of record. A change is marked as pending here,
 * written to D1, then applied here. If D1 does not confirm the change, calls continue with the old configuration (the
 * change was not acknowledged) and D1 is read again as soon as possible. An object that restarts with a pending change
 * reads D1 before it admits a request.
 */
export class ConfigReplica {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #storage: WorkspaceStorage;
  readonly #db: Db;
  readonly #contracts: ContractStore;
  readonly #versions: VersionLog;
  readonly #onLoad: (loaded: LoadedWorkspace) => void;
  #loaded: LoadedWorkspace | null = null;
  #loading: Promise<LoadResult> | null = null;
  /** Epoch ms. */
  #unknownUntil = 0;
  #isDeleting = false;
  /** Changes run one after the other. */
  readonly #changes = new Semaphore(1);

  constructor(ctx: DurableObjectState, env: Env, onLoad: (loaded: LoadedWorkspace) => void) {
    this.#ctx = ctx;
    this.#env = env;
    this.#storage = new WorkspaceStorage(ctx.storage);
    this.#db = openDb(env.DB);
    this.#contracts = new ContractStore(this.#storage.contracts, this.#db);
    this.#versions = new VersionLog(this.#db, env, () => this.#loaded);
    this.#onLoad = onLoad;
  }

  /** The workspace, if it is in memory. */
  get loaded(): LoadedWorkspace | null {
    return this.#loaded;
  }

  /** Returns the workspace from memory, else from the object's storage, else from D1. */
  async load(): Promise<LoadResult> {
    if (this.#isDeleting) return "unknown";
    if (this.#loaded) return this.#loaded;
    this.#loading ??= this.#read().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** As `load`; null: the workspace does not exist or cannot be loaded now. */
  async tryLoad(): Promise<LoadedWorkspace | null> {
    const loaded = await this.load();
    return loaded === "unknown" || loaded === "unavailable" ? null : loaded;
  }

  /** As `tryLoad`; null also if the workspace that has the slug now is another one than the caller means. */
  async tryLoadAs(workspaceId: string): Promise<LoadedWorkspace | null> {
    const loaded = await this.tryLoad();
    return loaded && isWorkspace(loaded, workspaceId) ? loaded : null;
  }

  /** The configuration as a document, with its version; null: it cannot be read now. */
  readConfiguration(workspaceId: string) {
    return this.#changes.run(async () => {
      const loaded = await this.tryLoadAs(workspaceId);
      loaded?.catalogue();
      return loaded && this.#versions.readDocument(loaded.config);
    });
  }

  /** Executes a command, after those before it. `workspaceId`: of the workspace to change; null: whichever is here. */
  change<T extends CommandType>(
    command: Command<T>,
    actor: string,
    workspaceId: string | null = null,
  ): Promise<ChangeResult<T>> {
    return this.#changes.run(async () => {
      this.#unknownUntil = 0;
      const loaded = await this.load();
      if (loaded === "unavailable" || !(await this.#reconcile())) return UNAVAILABLE;
      if (workspaceId !== null && loaded !== "unknown" && !isWorkspace(loaded, workspaceId))
        return NO_WORKSPACE;
      const known = loaded === "unknown" ? null : loaded;
      const decision = await decideCommand(this.#env, command, actor, known, this.#versions);
      if (decision.kind === "refused") return { ok: false, refusal: decision.refusal };
      if (decision.kind === "unchanged") return { ok: true, result: decision.result };
      const { changes, result } = decision;
      const { event = null, ...made } = decision.kind === "accepted" ? decision : {};
      const refused = await (command.type === "workspace.delete" && event
        ? this.#deleteWorkspace(changes, event)
        : this.#save(changes, event, made));
      return refused ?? { ok: true, result };
    });
  }

  /**
   * Wraps the workspace's data key with the first master key, if another one wraps it now. The data key stays the same.
   */
  rewrapKey(): Promise<void> {
    return this.#changes.run(async () => {
      const ring = readKeyRing(this.#env);
      const loaded = await this.tryLoad();
      if (!loaded || typeof ring === "string" || !(await this.#reconcile())) return;
      const rewrapped = await decideRewrap(loaded.config.workspace, ring, Date.now());
      if (rewrapped) await this.#save(rewrapped.changes, rewrapped.event);
    });
  }

  async #read(): Promise<LoadResult> {
    try {
      const { exists } = this.#storage;
      if (exists) this.#storage.migrate();
      const stored = exists ? this.#storage.loadConfig() : null;
      if (stored && this.#storage.changeState === "none") return this.#adopt(stored);
      if (this.#unknownUntil > Date.now()) return "unknown";
      const slug = exists ? this.#storage.slug : this.#ctx.id.name;
      const config = slug ? await loadWorkspaceConfig(this.#db, slug) : null;
      // The end of a deletion was not seen here: nothing is left to a later workspace of the slug.
      if (stored && stored.workspace.id !== config?.workspace.id)
        await clearStorage(this.#storage, stored.workspace.id, this.#db);
      if (!config) {
        this.#unknownUntil = Date.now() + UNKNOWN_FOR_MS;
        return "unknown";
      }
      if (!this.#storage.exists) await recreateStorage(this.#storage, config.workspace, this.#db);
      return this.#adopt(config, await this.#replaceConfig(config));
    } catch (error) {
      logFailure("workspace_not_loaded", error);
      return "unavailable";
    }
  }

  /** Returns the names for clients in the version of a configuration from D1. */
  async #replaceConfig(config: WorkspaceConfig) {
    await this.#contracts.copy(config.servers.values(), config.workspace.id);
    const names = await this.#versions.readNames(config);
    this.#storage.replaceConfig(config);
    this.#storage.changeState = "none";
    return names;
  }

  /** `names`: for clients, in the version of a configuration from D1. */
  #adopt(config: WorkspaceConfig, names: WantedNames = NO_NAMES): LoadedWorkspace {
    this.#storage.contracts.deleteUnused(config.servers.values());
    this.#loaded = assembleWorkspace(config, this.#storage, this.#env, {
      onDetected: (server, detected) => this.#saveDetected(server, detected),
      onObserved: (server) => this.#contracts.handleObserved(this.#loaded, server, this),
    });
    this.#loaded.seedNames(names);
    this.#onLoad(this.#loaded);
    return this.#loaded;
  }

  /** Reads D1 again after a change that it did not confirm. False: D1 cannot be read now. */
  async #reconcile(): Promise<boolean> {
    const loaded = this.#loaded;
    if (!loaded || this.#storage.changeState === "none") return true;
    try {
      const { id, slug } = loaded.config.workspace;
      const config = await loadWorkspaceConfig(this.#db, slug);
      if (config?.workspace.id !== id) {
        // D1 stored a deletion without a confirmation.
        await clearStorage(this.#storage, id, this.#db, loaded.callLog);
        this.#loaded = null;
        loaded.handleDeletion();
        return false;
      }
      loaded.seedNames(await this.#replaceConfig(config));
      loaded.replace(config);
      return true;
    } catch (error) {
      logFailure("reconcile_failed", error);
      return false;
    }
  }

  #scheduleReconcile(): void {
    setTimeout(() => {
      this.#ctx.waitUntil(
        this.#changes
          .run(() => this.#reconcile())
          .then((isDone) => (isDone ? undefined : this.#scheduleReconcile())),
      );
    }, RECONCILE_AFTER_MS);
  }

  /** Stores changes in D1, then here. Null: they are stored. */
  async #save(changes: EntityChange[], event: AuditEvent | null, made: StoredBesides = {}) {
    const { contracts = [], names = NO_NAMES } = made;
    const created = changes.find((change) => change.kind === "workspace");
    if (!this.#storage.exists && created) createStorage(this.#storage, created.value.slug, 0);
    const refused = await this.#contracts.prepare(changes, this.#loaded, contracts);
    if (refused) return refused;
    this.#storage.changeState = "pending";
    try {
      await this.#versions.save(this.#loaded?.config ?? null, changes, event, made);
    } catch (error) {
      logFailure("change_not_stored", error, { action: event?.action ?? null });
      this.#scheduleReconcile();
      return toRefusedChange(error);
    }
    this.#loaded?.seedNames(names);
    this.#apply(changes);
    return null;
  }

  /** Applies changes that D1 has stored. */
  #apply(stored: EntityChange[]): void {
    const changes = withRemovals(this.#loaded?.config ?? null, stored);
    this.#storage.saveEntities(changes);
    this.#storage.changeState = "none";
    if (this.#loaded) this.#loaded.applyAndForget(changes);
    else {
      const config = this.#storage.loadConfig();
      if (config) this.#adopt(config);
    }
  }

  /**
   * Stores every call row in D1, deletes the workspace there, then clears the object for a later workspace of the same
   * slug. Null: it is deleted.
   */
  async #deleteWorkspace(changes: EntityChange[], event: AuditEvent) {
    const loaded = this.#loaded;
    if (!loaded) return UNAVAILABLE;
    this.#isDeleting = true;
    this.#storage.changeState = "pending";
    try {
      await endCallLog(loaded.callLog, loaded.config.workspace.id, this.#db);
      await saveChanges(this.#db, changes, event);
    } catch (error) {
      logFailure("change_not_stored", error, { action: event.action });
      loaded.callLog.reopen();
      this.#isDeleting = false;
      this.#scheduleReconcile();
      return toRefusedChange(error);
    }
    await this.#storage.deleteAll();
    this.#loaded = null;
    this.#isDeleting = false;
    return null;
  }

  /** Stores a probe's result. If D1 fails, only this object has it, until the next probe. */
  #saveDetected(server: ServerRecord, detected: Detected): Promise<void> {
    return this.#changes.run(async () => {
      const current = this.#loaded?.config.servers.get(server.id);
      if (!current || current.url !== server.url) return;
      const changes = [toDetectedChange(current, detected)];
      await storeDetected(this.#db, changes, server.id);
      this.#storage.saveEntities(changes);
      this.#loaded?.apply(changes);
    });
  }
}
