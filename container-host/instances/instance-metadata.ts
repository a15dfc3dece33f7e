import { Profile } from "../../workers/contract/hosting/host-protocol.ts";
import {
  CATALOGUE_ID_LABEL,
  INSTANCE_LABEL,
  PROFILE_LABEL,
  VERSION_LABEL,
  WORKSPACE_LABEL,
} from "../engine/labels.ts";

/** The properties of an instance that the container's labels hold, and until when it is a trial. */
export interface InstanceMetadata {
  instanceId: string;
  workspaceId: string;
  catalogueId: string;
  profile: Profile;
  /** The version of the entry's package; null: the image's. */
  version: string | null;
  /** Epoch ms; null: it is none. Not in the labels: after a restart of the host a trial is one that no workspace has. */
  trialUntil: number | null;
}

/** Null: a label is missing or invalid. */
export function parseMetadata(labels: Record<string, string>): InstanceMetadata | null {
  const profile = Profile.safeParse(labels[PROFILE_LABEL]);
  const instanceId = labels[INSTANCE_LABEL];
  const workspaceId = labels[WORKSPACE_LABEL];
  const catalogueId = labels[CATALOGUE_ID_LABEL];
  if (!profile.success || !instanceId || !workspaceId || !catalogueId) return null;
  const version = labels[VERSION_LABEL] || null;
  const ids = { instanceId, workspaceId, catalogueId };
  return { ...ids, profile: profile.data, version, trialUntil: null };
}
