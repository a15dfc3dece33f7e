import { maxExposedNameLength } from "../../workers/contract/connection-name.ts";
import type {
  EntityChange,
  Era,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { ServerHealth } from "../../workers/contract/rpc/admission.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import type { CallLog } from "../audit/call-log.ts";
import { HttpSseLeases } from "../http-sse/session-leases.ts";
import { applyChange } from "../storage/workspace-storage.ts";
import { MergedCatalogue, toHealth } from "../tool-catalogue/merged-catalogue.ts";
import type { HeadersResult, Upstreams } from "../tool-catalogue/upstreams.ts";
import { findEndpoint, type EndpointResult } from "./call-route.ts";
import { TokenOwners, type TokenOwner } from "./token-owners.ts";

interface Parts {
  config: WorkspaceConfig;
  callLog: CallLog;
  upstreams: Upstreams;
  headersOf: (server: ServerRecord) => Promise<HeadersResult>;
  optionsFor: (server: ServerRecord) => UpstreamOptions;
}

/** A workspace in memory: its configuration with lookups, its call log, and the state of its servers. */
export class LoadedWorkspace {
  readonly config: WorkspaceConfig;
  readonly callLog: CallLog;
  readonly upstreams: Upstreams;
  readonly httpSseLeases = new HttpSseLeases(this);
  /** All headers for a request to the server, with its credentials. */
  readonly headersOf: Parts["headersOf"];
  /** Time budgets and egress rules for requests to the server. */
  readonly optionsFor: Parts["optionsFor"];
  /** Distinguishes list versions of this instance from those before an eviction. */
  readonly #instanceId = crypto.randomUUID();
  #revision = 0;
  #onChange: () => void = () => undefined;
  #tokenOwners: TokenOwners;
  #enabled: ServerRecord[] = [];
  #merged: { version: string; catalogue: MergedCatalogue } | null = null;

  constructor(parts: Parts) {
    this.config = parts.config;
    this.callLog = parts.callLog;
    this.upstreams = parts.upstreams;
    this.headersOf = parts.headersOf;
    this.optionsFor = parts.optionsFor;
    this.#tokenOwners = new TokenOwners(this.config);
    this.#index();
  }

  /** Enabled servers by position. */
  get enabledServers(): ServerRecord[] {
    return this.#enabled;
  }

  /** Null for a token that is unknown, revoked, expired or whose member is gone. */
  findTokenOwner(digest: string, now: number): TokenOwner | null {
    return this.#tokenOwners.find(digest, now);
  }

  /** Sets the listener that is called when token owners, or the lists that they see, can have changed. */
  setChangeListener(listener: () => void): void {
    this.#onChange = listener;
    this.upstreams.onChanged = listener;
  }

  /** Takes over a configuration that was read from D1 again. */
  replace(config: WorkspaceConfig): void {
    Object.assign(this.config, config);
    this.#index();
  }

  apply(changes: EntityChange[]): void {
    for (const change of changes) applyChange(this.config, change);
    this.#index();
  }

  catalogue(): MergedCatalogue {
    const version = `${this.#instanceId}.${this.#revision}.${this.upstreams.revision}`;
    if (this.#merged?.version !== version) {
      this.#merged = {
        version,
        catalogue: new MergedCatalogue(
          version,
          this.#enabled,
          this.upstreams.catalogues,
          maxExposedNameLength(this.config.workspace.slug),
        ),
      };
    }
    return this.#merged.catalogue;
  }

  /** Whether the server sends `notifications/resources/updated` (its capability `resources.subscribe`). */
  announcesUpdates(server: ServerRecord): boolean {
    const resources = this.upstreams.catalogues.get(server.id)?.capabilities["resources"];
    return isObject(resources) && resources["subscribe"] === true;
  }

  listHealth(isVisible: (server: ServerRecord) => boolean): ServerHealth[] {
    const { catalogues, checks } = this.upstreams;
    return [...this.config.servers.values()]
      .filter(isVisible)
      .toSorted((a, b) => a.position - b.position)
      .map((server) => toHealth(server, catalogues.get(server.id), checks.get(server.id)));
  }

  /** Where and how to send requests of a client of this era to the server, with the server's credentials. */
  findEndpoint(server: ServerRecord, clientEra: Era): Promise<EndpointResult> {
    const { checks, catalogues } = this.upstreams;
    const lastError = checks.get(server.id)?.error ?? null;
    const accepted = catalogues.get(server.id)?.accepted ?? "all";
    const { workspace } = this.config;
    return findEndpoint(server, clientEra, workspace, lastError, accepted, this.headersOf);
  }

  #index(): void {
    this.#revision++;
    this.#tokenOwners = new TokenOwners(this.config);
    this.#enabled = [...this.config.servers.values()]
      .filter((server) => server.enabled)
      .toSorted((a, b) => a.position - b.position);
    this.#onChange();
  }
}
