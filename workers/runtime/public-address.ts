import ipaddr from "ipaddr.js";

/**
 * IPv4 addresses that are not public: the special-purpose registry of IANA (RFC 6890), multicast and reserved addresses,
 * and the addresses at which clouds serve their own machines.
 */
const NOT_PUBLIC_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  // Carrier-grade NAT; Alibaba's metadata is 100.100.100.200.
  "100.64.0.0/10",
  "127.0.0.0/8",
  // Azure's wire server and DNS.
  "168.63.129.16/32",
  // Link-local, with most clouds' metadata.
  "169.254.0.0/16",
  "172.16.0.0/12",
  // Protocol assignments; Oracle's metadata is 192.0.0.192.
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((cidr) => ipaddr.IPv4.parseCIDR(cidr));

/**
 * The only IPv6 addresses that IANA has assigned for unicast on the internet. Outside are `::/96`, `64:ff9b::/96`,
 * `64:ff9b:1::/48`, `100::/64`, `5f00::/16`, `fc00::/7` with the metadata of clouds, `fe80::/10`, `fec0::/10` and `ff00::/8`.
 */
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Special purposes within 2000::/3: protocol assignments with Teredo, documentation, 6to4, AS112. */
const NOT_PUBLIC_IPV6 = [
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "2620:4f:8000::/48",
  "3ffe::/16",
  "3fff::/20",
].map((cidr) => ipaddr.IPv6.parseCIDR(cidr));

/**
 * Whether an address is one of the public internet. False for text that is no address. An IPv4-mapped IPv6 address is
 * judged by its IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4) return !NOT_PUBLIC_IPV4.some((range) => address.match(range));
  return (
    address.match(GLOBAL_UNICAST_IPV6) && !NOT_PUBLIC_IPV6.some((range) => address.match(range))
  );
}

/**
 * Top-level zones that are not in the public DNS: special use (RFC 6761, 6762, 7686, 8375, 9476), private use (RFC 6762
 * appendix G, ICANN's name collisions), and those that clusters resolve themselves.
 */
const PRIVATE_ZONES =
  /\.(alt|arpa|consul|corp|example|home|internal|intranet|invalid|lan|local|localdomain|localhost|mail|onion|private|svc|test)$/;

/** Whether a URL's host is a name of the public DNS or an address of the public internet. */
export function isPublicHost(hostname: string): boolean {
  const host = toBareHost(hostname);
  if (ipaddr.isValid(host)) return isPublicAddress(host);
  if (!host.includes(".")) return false;
  return !PRIVATE_ZONES.test(host);
}

/**
 * Where clouds serve the credentials and settings of their own machines: link-local addresses, and those of Alibaba, Azure,
 * Oracle, AWS and Google. No server of a team is there.
 */
export const METADATA_RANGES = [
  "169.254.0.0/16",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "192.0.0.192/32",
  "fe80::/10",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
];
const METADATA = METADATA_RANGES.map((cidr) => ipaddr.parseCIDR(cidr));

/** Whether a URL's host is an address of `METADATA_RANGES`, also as an IPv4-mapped IPv6 address. */
export function isMetadataAddress(hostname: string): boolean {
  const host = toBareHost(hostname);
  if (!ipaddr.isValid(host)) return false;
  const address = ipaddr.process(host);
  return METADATA.some(
    ([range, bits]) => address.kind() === range.kind() && address.match(range, bits),
  );
}

/** Whether a URL's host is the machine itself: `localhost`, `127.0.0.0/8` or `::1` (RFC 8252, section 7.3). */
export function isLoopbackHost(hostname: string): boolean {
  const host = toBareHost(hostname);
  if (!ipaddr.isValid(host)) return host === "localhost";
  return ipaddr.process(host).range() === "loopback";
}

/** A URL's host without the brackets of IPv6 and the dot of the root. */
export function toBareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");
}
