import type { InstanceRecord } from "../../workers/contract/hosting/instances.ts";
import type { ServerRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import { parseKeyRing } from "../../workers/crypto/key-ring.ts";
import type { HeadersResult } from "../tool-catalogue/upstreams.ts";
import { openHeader, openVariable, openWorkspaceKey } from "./encryption.ts";

/** How long an unwrapped data key is kept. */
const KEY_CACHE_MS = 5 * 60_000;

/** Opens the credentials of servers and instances, each time they are needed; only the workspace's data key is kept for a while. */
export class Credentials {
  readonly #ringText: () => string;
  #key: { wrapped: string; until: number; key: Promise<CryptoKey | null> } | null = null;

  /** `ringText`: the master keys as the environment has them. */
  constructor(ringText: () => string) {
    this.#ringText = ringText;
  }

  /** All headers for a request to the server, or that one of its credentials cannot be opened. */
  async headersOf(workspace: WorkspaceRecord, server: ServerRecord): Promise<HeadersResult> {
    if (server.credentials.length === 0) return { ok: true, headers: server.headers };
    const headers = { ...server.headers };
    const key = await this.#dataKey(workspace.wrappedKey);
    for (const { name, sealed } of server.credentials) {
      const context = {
        workspaceId: workspace.id,
        serverId: server.id,
        origin: new URL(server.url).origin,
        header: name,
      };
      const value = key && (await openHeader(key, context, sealed));
      if (value === null) {
        const message = `The stored credential "${name}" cannot be decrypted: enter it again`;
        return { ok: false, error: { code: "credential_unreadable", message } };
      }
      headers[name] = value;
    }
    return { ok: true, headers };
  }

  /** The values of an instance's variables; null: one of them cannot be opened. */
  async variablesOf(
    workspace: WorkspaceRecord,
    { id: instanceId, variables }: InstanceRecord,
  ): Promise<Record<string, string> | null> {
    if (variables.length === 0) return {};
    const dataKey = await this.#dataKey(workspace.wrappedKey);
    const values: Record<string, string> = {};
    for (const { key, sealed } of variables) {
      const context = { workspaceId: workspace.id, instanceId, key };
      const value = dataKey && (await openVariable(dataKey, context, sealed));
      if (value === null) return null;
      values[key] = value;
    }
    return values;
  }

  #dataKey(wrapped: string): Promise<CryptoKey | null> {
    if (!this.#key || this.#key.wrapped !== wrapped || this.#key.until <= Date.now()) {
      const key = this.#unwrap(wrapped).catch(() => null);
      this.#key = { wrapped, until: Date.now() + KEY_CACHE_MS, key };
    }
    return this.#key.key;
  }

  async #unwrap(wrapped: string): Promise<CryptoKey> {
    return openWorkspaceKey(parseKeyRing(this.#ringText()), wrapped);
  }
}
