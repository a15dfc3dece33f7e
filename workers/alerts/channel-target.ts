import { z } from "zod";
import type { ChannelKind } from "../contract/api/alerts.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openValue, openWorkspaceKey, sealValue } from "../crypto/workspace-key.ts";
import type { Env } from "../runtime/env.ts";

/** Where a channel sends, and with which secret it signs. */
const ChannelTarget = z.strictObject({ url: z.string(), secret: z.string().nullable() });
export type ChannelTarget = z.infer<typeof ChannelTarget>;

const SECRET_BYTES = 32;

/** A new channel's target. A webhook gets a signing secret (Standard Webhooks 1.0.0, "Signature scheme"). */
export function makeTarget(kind: ChannelKind, url: string): ChannelTarget {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return { url, secret: kind === "webhook" ? `whsec_${bytes.toBase64()}` : null };
}

/** Seals a target with the workspace's data key. */
export async function sealTarget(
  env: Env,
  { wrappedKey }: WorkspaceRecord,
  channelId: string,
  target: ChannelTarget,
): Promise<string> {
  const key = await openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), wrappedKey);
  return sealValue(key, toContext(channelId), JSON.stringify(target));
}

/** Opens a sealed target; null: this key does not open it. */
export async function openTarget(
  env: Env,
  { wrappedKey }: WorkspaceRecord,
  { id, target }: { id: string; target: string },
): Promise<ChannelTarget | null> {
  const key = await openWorkspaceKey(parseKeyRing(env.MCPNEST_MASTER_KEYS), wrappedKey);
  const text = await openValue(key, toContext(id), target);
  return text === null ? null : ChannelTarget.parse(JSON.parse(text));
}

function toContext(channelId: string): string[] {
  return ["alert-channel", channelId];
}
