// What the engine keeps for the host over crashes: names only, never a value of a variable.

const MANAGED = "mcpnest.managed";
const HOST = "mcpnest.host";
export const WORKSPACE = "mcpnest.workspace";
export const INSTANCE = "mcpnest.instance";
export const CATALOGUE_ID = "mcpnest.catalogue";
export const PROFILE = "mcpnest.profile";
/** Keyed hash of all that the container was made from; a deployment with another one makes it anew. */
export const FINGERPRINT = "mcpnest.fingerprint";
/** `yes` when the request gave variables, which only memory holds: the host cannot start such a container by itself. */
export const HAS_VARIABLES = "mcpnest.variables";

/** `host:port` of the one server that it connects to by TCP. */
export const FORWARD = "mcpnest.forward";

/** Marks a container or network as this host's own. */
export function managedBy(hostId: string): Record<string, string> {
  return { [MANAGED]: "1", [HOST]: hostId };
}
