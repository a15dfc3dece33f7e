import { parseKeyRing, type KeyRing } from "../../workers/crypto/key-ring.ts";
import {
  openValue,
  openWorkspaceKey,
  rewrapWorkspaceKey,
  sealValue,
} from "../../workers/crypto/workspace-key.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logFailure } from "../../workers/runtime/log.ts";

/** The context that a header is sealed for, as additional authenticated data: it can be opened for no other. */
export interface HeaderContext {
  workspaceId: string;
  serverId: string;
  /** The origin of the server's URL. Against exfiltration: after a change of the URL the secret cannot be opened. */
  origin: string;
  header: string;
}

/** Parses the environment's master keys; a sentence about the invalid configuration if they cannot be used. */
export function readKeyRing(env: Pick<Env, "MCPNEST_MASTER_KEYS">): KeyRing | string {
  try {
    return parseKeyRing(env.MCPNEST_MASTER_KEYS);
  } catch (error) {
    return error instanceof Error ? error.message : "MCPNEST_MASTER_KEYS cannot be read";
  }
}

/** As `openWorkspaceKey`; null: no master key of the ring opens it, which is logged. */
export async function tryOpenWorkspaceKey(
  ring: KeyRing,
  wrapped: string,
): Promise<CryptoKey | null> {
  try {
    return await openWorkspaceKey(ring, wrapped);
  } catch (error) {
    logFailure("workspace_key_unreadable", error);
    return null;
  }
}

/** Null: no master key of the ring opens the data key, which is logged. */
export async function tryRewrapWorkspaceKey(
  ring: KeyRing,
  wrapped: string,
): Promise<string | null> {
  try {
    return await rewrapWorkspaceKey(ring, wrapped);
  } catch (error) {
    logFailure("workspace_key_unreadable", error);
    return null;
  }
}

/** Encrypts a header's value. */
export function sealHeader(key: CryptoKey, context: HeaderContext, value: string): Promise<string> {
  return sealValue(key, toHeaderContext(context), value);
}

/** Decrypts a sealed value; null: it was not sealed with this key for this context. */
export function openHeader(
  key: CryptoKey,
  context: HeaderContext,
  sealed: string,
): Promise<string | null> {
  return openValue(key, toHeaderContext(context), sealed);
}

/** The context that an instance's variable is sealed for, as additional authenticated data. */
export interface VariableContext {
  workspaceId: string;
  instanceId: string;
  key: string;
}

/** Encrypts a variable's value. */
export function sealVariable(
  key: CryptoKey,
  context: VariableContext,
  value: string,
): Promise<string> {
  return sealValue(key, toVariableContext(context), value);
}

/** Decrypts a sealed value; null: it was not sealed with this key for this context. */
export function openVariable(
  key: CryptoKey,
  context: VariableContext,
  sealed: string,
): Promise<string | null> {
  return openValue(key, toVariableContext(context), sealed);
}

function toHeaderContext({ workspaceId, serverId, origin, header }: HeaderContext): string[] {
  return ["upstream_cred", workspaceId, serverId, origin, header];
}

function toVariableContext({ workspaceId, instanceId, key }: VariableContext): string[] {
  return ["instance_variable", workspaceId, instanceId, key];
}
