// Labels of containers and networks: the state that survives a crash of the host. They never hold a variable's value.
// The host sets all of them on every container.

const MANAGED_LABEL = "mcpnest.managed";
const HOST_LABEL = "mcpnest.host";
/** Workspace id. */
export const WORKSPACE_LABEL = "mcpnest.workspace";
/** Instance id. */
export const INSTANCE_LABEL = "mcpnest.instance";
/** Id of the hosting catalogue entry. */
export const CATALOGUE_ID_LABEL = "mcpnest.catalogue";
/** Profile name: `small`, `medium` or `large`. */
export const PROFILE_LABEL = "mcpnest.profile";
/** Keyed hash of the container's configuration; a deployment with a different hash recreates the container. */
export const FINGERPRINT_LABEL = "mcpnest.fingerprint";
/** `yes` when the request had variables. They are in memory only, so after a restart the host cannot start it alone. */
export const HAS_VARIABLES_LABEL = "mcpnest.variables";
/** `host:port` of the one server that the instance connects to by TCP; empty: none. */
export const FORWARD_LABEL = "mcpnest.forward";

/** The labels of all containers and networks that belong to this host. */
export function toHostLabels(hostId: string): Record<string, string> {
  return { [MANAGED_LABEL]: "1", [HOST_LABEL]: hostId };
}
