import { toPlist, type PlistValue } from "./escaping.ts";

/**
 * A macOS configuration profile that manages one preference domain. The identifier stays the same, so that a changed
 * profile replaces the last one.
 */
export async function toConfigurationProfile(
  domain: string,
  slug: string,
  settings: Record<string, PlistValue>,
): Promise<string> {
  const identifier = `mcpnest.${slug}.${domain}`;
  const title = `MCP servers of ${slug}`;
  const inner = {
    ...settings,
    PayloadType: domain,
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.settings`,
    PayloadUUID: await toUuid(`${identifier}.settings ${JSON.stringify(settings)}`),
    PayloadDisplayName: title,
  };
  return toPlist({
    PayloadType: "Configuration",
    PayloadVersion: 1,
    PayloadScope: "System",
    PayloadIdentifier: identifier,
    PayloadUUID: await toUuid(`${identifier} ${JSON.stringify(settings)}`),
    PayloadDisplayName: title,
    PayloadContent: [inner],
  });
}

/** The same UUID for the same text: version 8 of RFC 9562. */
async function toUuid(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = new Uint8Array(digest).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5").toUpperCase();
}
