// Labels of containers and networks: the state that survives a crash of the host. They never hold a variable's value.
// The host sets all of them on every container.

const MANAGED_LABEL = "mcpnest.managed";
const HOST_LABEL = "mcpnest.host";
/** Id of the state folder whose host created it (`state/host-owner.ts`). Versions before it did not set this label. */
const OWNER_LABEL = "mcpnest.owner";
/** Workspace id. */
export const WORKSPACE_LABEL = "mcpnest.workspace";
/** Instance id. */
export const INSTANCE_LABEL = "mcpnest.instance";
/** Id of the hosting catalogue entry. */
export const CATALOGUE_ID_LABEL = "mcpnest.catalogue";
/** Version of the entry's package; empty: the image's. Containers of older versions do not have it. */
export const VERSION_LABEL = "mcpnest.version";
/** Profile name: `small`, `medium` or `large`. */
export const PROFILE_LABEL = "mcpnest.profile";
/** Keyed hash of the container's configuration; a deployment with a different hash recreates the container. */
export const FINGERPRINT_LABEL = "mcpnest.fingerprint";
/** `yes` when the request had variables. They are in memory only, so after a restart the host cannot start it alone. */
export const HAS_VARIABLES_LABEL = "mcpnest.variables";
/** `host:port` of the one server that the instance connects to by TCP; empty: none. */
export const FORWARD_LABEL = "mcpnest.forward";

/** Selects the containers and networks of all hosts on an engine. */
export const MANAGED = { [MANAGED_LABEL]: "1" };

/** The host that creates containers and networks. */
export interface Owner {
  hostId: string;
  /** Id of its state folder. */
  owner: string;
}

/** The labels of all containers and networks that belong to this host. */
export function toOwnerLabels({ hostId, owner }: Owner): Record<string, string> {
  return { ...MANAGED, [HOST_LABEL]: hostId, [OWNER_LABEL]: owner };
}

/** The begin of the names of this host's containers and networks. */
export function toNamePrefix({ hostId, owner }: Owner): string {
  return `mcp-${hostId}-${owner}-`;
}

/** `older`: created for this host id by a version before the owner's label, which does not say whose it is. */
export function findOwner(labels: Record<string, string>, self: Owner): "self" | "other" | "older" {
  if (labels[OWNER_LABEL]) return labels[OWNER_LABEL] === self.owner ? "self" : "other";
  return labels[HOST_LABEL] === self.hostId ? "older" : "other";
}

/** Names the host with these labels, for the operator. */
export function describeOwner(labels: Record<string, string>): string {
  const folder = labels[OWNER_LABEL] ? `state folder ${labels[OWNER_LABEL]}` : "an older version";
  return `${labels[HOST_LABEL] || "a host"} (${folder})`;
}
