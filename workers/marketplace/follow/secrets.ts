import type { SealedSecret } from "../../contract/records/followed-registry.ts";
import type { WorkspaceRecord } from "../../contract/records/workspace.ts";
import { parseKeyRing } from "../../crypto/key-ring.ts";
import { openValue, openWorkspaceKey, sealValue } from "../../crypto/workspace-key.ts";
import type { Env } from "../../runtime/env.ts";

/** A value that an admin gives for a place; null removes it. */
export interface GivenValue {
  place: string;
  name: string;
  value: string | null;
}

/** The name of the registry's own token, of which there is one. */
export const TOKEN_NAME = "token";

/** The place of a registry's own token: bound to the origin, so that another address never receives it. */
export function toRegistryPlace(url: string): string {
  return `${REGISTRY}${new URL(url).origin}`;
}

/** Whether a secret is the registry's own token. */
export function isRegistryPlace(place: string): boolean {
  return place.startsWith(REGISTRY);
}

const REGISTRY = "registry ";

/**
 * Applies given values to the secrets of a follow, sealed with the workspace's data key. Throws when no master key opens
 * that key.
 */
export async function applyValues(
  env: Env,
  workspace: WorkspaceRecord,
  follow: { id: string; secrets: SealedSecret[] },
  given: GivenValue[],
  setBy: string,
): Promise<SealedSecret[]> {
  if (given.length === 0) return follow.secrets;
  const key = await openKey(env, workspace);
  const isSame = (a: { place: string; name: string }, b: { place: string; name: string }) =>
    a.place === b.place && a.name.toLowerCase() === b.name.toLowerCase();
  const kept = follow.secrets.filter((secret) => !given.some((one) => isSame(one, secret)));
  const added: SealedSecret[] = [];
  for (const { place, name, value } of given)
    if (value !== null) {
      const context = toContext(workspace.id, follow.id, { place, name });
      added.push({
        place,
        name,
        sealed: await sealValue(key, context, value),
        setAt: Date.now(),
        setBy,
      });
    }
  return [...kept, ...added];
}

/** The values for a place by name. Throws when one cannot be opened. */
export async function openValues(
  env: Env,
  workspace: WorkspaceRecord,
  follow: { id: string; secrets: SealedSecret[] },
  place: string,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const wanted = follow.secrets.filter((secret) => secret.place === place);
  if (wanted.length === 0) return values;
  const key = await openKey(env, workspace);
  for (const secret of wanted) {
    const value = await openValue(key, toContext(workspace.id, follow.id, secret), secret.sealed);
    if (value === null) throw new Error("a value of a follow cannot be decrypted");
    values.set(secret.name, value);
  }
  return values;
}

function openKey(env: Env, { wrappedKey }: WorkspaceRecord): Promise<CryptoKey> {
  return openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), wrappedKey);
}

function toContext(
  workspaceId: string,
  followId: string,
  { place, name }: { place: string; name: string },
): string[] {
  return ["follow_value", workspaceId, followId, place, name];
}
