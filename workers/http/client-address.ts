import ipaddr from "ipaddr.js";

/**
 * The client's address as the rate limit counts it: IPv4 unchanged, IPv6 as its /64. It comes from `headerName`, a header
 * that a trusted proxy sets, or from the socket if that is empty; no other header is trusted (spoofing). All clients
 * without a known address count as one.
 */
export function clientAddress(request: Request, headerName: string): string {
  const given = headerName ? request.headers.get(headerName) : socketAddress(request);
  return given === null ? "unknown" : toCounted(given.trim());
}

/** The network that Cloudflare names as the address of every Worker that calls a host of another zone. */
const WORKERS_NETWORK = "2a06:98c0:3600:0::/64";

/**
 * The address under which limits count the sender of a credential: the client's, and for a Worker, which shares its address
 * with all other Workers, its credential. `digest`: of the credential.
 */
export function callerAddress(request: Request, headerName: string, digest: string): string {
  const address = clientAddress(request, headerName);
  return address === WORKERS_NETWORK ? `worker ${digest}` : address;
}

/** workerd names the peer in `cf.clientIp`, as `address:port`. */
function socketAddress(request: Request): string | null {
  const peer: unknown = request.cf?.["clientIp"];
  return typeof peer === "string" ? peer.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") : null;
}

function toCounted(address: string): string {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return address;
  if (!ipaddr.IPv6.isValid(address)) return "unknown";
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
