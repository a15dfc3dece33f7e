/** Identifies a tool of a server with a prefix. */
export function toClaimId(serverId: string, prefix: string | null, name: string): string {
  return `${serverId} ${prefix ?? ""} ${name}`;
}

/** Reads `toClaimId`. */
export function readClaimId(id: string): { serverId: string; prefix: string | null; name: string } {
  const [serverId = "", prefix = ""] = id.split(" ", 2);
  const name = id.slice(serverId.length + prefix.length + 2);
  return { serverId, prefix: prefix === "" ? null : prefix, name };
}
