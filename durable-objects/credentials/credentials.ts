import type { InstanceRecord } from "../../workers/contract/hosting/instances.ts";
import type { ServerRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import { parseKeyRing } from "../../workers/crypto/key-ring.ts";
import { openWorkspaceKey } from "../../workers/crypto/workspace-key.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { isSettable } from "../../workers/upstream/upstream-headers.ts";
import type { HeadersResult } from "../tool-catalogue/server-values.ts";
import { openHeader, openVariable } from "./encryption.ts";

/** How long an unwrapped data key is kept in memory: unwrapping costs a key derivation. */
const KEY_CACHE_MS = 5 * 60_000;

/** Decrypts the credentials of servers and instances on each use. Only the workspace's data key is cached. */
export class Credentials {
  readonly #readMasterKeys: () => string;
  #cached: { wrapped: string; expiresAt: number; key: Promise<CryptoKey | null> } | null = null;

  /** `readMasterKeys`: returns the environment's `MCPNEST_MASTER_KEYS`. */
  constructor(readMasterKeys: () => string) {
    this.#readMasterKeys = readMasterKeys;
  }

  /** All headers for a request to the server, credentials included; an error if a credential cannot be decrypted. */
  async headersOf(workspace: WorkspaceRecord, server: ServerRecord): Promise<HeadersResult> {
    const plain = withoutRefused(server.headers);
    const credentials = server.credentials.map(({ name }) => name);
    if (credentials.length === 0) return { ok: true, headers: plain, credentials };
    const headers = { ...plain };
    const key = await this.openDataKey(workspace.wrappedKey);
    for (const { name, sealed } of server.credentials) {
      if (!isSettable(name)) continue;
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
    return { ok: true, headers, credentials };
  }

  /** The values of an instance's variables; null: one of them cannot be decrypted. */
  async variablesOf(
    workspace: WorkspaceRecord,
    { id: instanceId, variables }: InstanceRecord,
  ): Promise<Record<string, string> | null> {
    if (variables.length === 0) return {};
    const dataKey = await this.openDataKey(workspace.wrappedKey);
    const values: Record<string, string> = {};
    for (const { key, sealed } of variables) {
      const context = { workspaceId: workspace.id, instanceId, key };
      const value = dataKey && (await openVariable(dataKey, context, sealed));
      if (value === null) return null;
      values[key] = value;
    }
    return values;
  }

  /** The workspace's data key; null: no master key opens it, which is logged. */
  openDataKey(wrapped: string): Promise<CryptoKey | null> {
    if (this.#cached?.wrapped !== wrapped || this.#cached.expiresAt <= Date.now()) {
      const key = this.#unwrap(wrapped);
      this.#cached = { wrapped, expiresAt: Date.now() + KEY_CACHE_MS, key };
    }
    return this.#cached.key;
  }

  async #unwrap(wrapped: string): Promise<CryptoKey | null> {
    try {
      return await openWorkspaceKey(parseKeyRing(this.#readMasterKeys()), wrapped);
    } catch (error) {
      logFailure("workspace_key_unreadable", error);
      return null;
    }
  }
}

/** Headers without those of names that an earlier release accepted. The same object, if there are none. */
function withoutRefused(headers: Record<string, string>): Record<string, string> {
  const names = Object.keys(headers);
  if (names.every(isSettable)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isSettable(name)));
}
