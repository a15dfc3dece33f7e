import { isLoopbackHost } from "../runtime/public-address.ts";

/**
 * The private-use schemes of known MCP clients (RFC 8252, section 7.1). They have no dot, so that nothing but this list tells
 * them from those of other programs. Cursor registers `cursor://anysphere.cursor-mcp/oauth/callback` beside two other
 * addresses, and extensions of VS Code and its relatives get theirs as `vscode://publisher.extension/…`.
 */
const CLIENT_SCHEMES = new Set([
  "claude",
  "cursor",
  "cursor-nightly",
  "goose",
  "jetbrains",
  "kiro",
  "lmstudio",
  "raycast",
  "trae",
  "vscode",
  "vscode-insiders",
  "vscodium",
  "warp",
  "windsurf",
  "windsurf-next",
  "zed",
]);

/** A scheme that names its maker by a domain in reverse (RFC 8252, section 7.1), such as `com.example.app`. */
const REVERSE_DOMAIN = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/;

/**
 * What a path has that takes an answer. These programs also open links that install servers or extensions
 * (`cursor://anysphere.cursor-deeplink/mcp/install`), which no consent must start.
 */
const CALLBACK = /auth|callback|redirect/i;

/** What opens no program, but content that the client itself has written. */
const SCRIPTS = new Set(["javascript:", "data:", "vbscript:", "file:", "blob:"]);

/** More than any real address has. */
const MAX_LENGTH = 2_048;

/** Longest name of a client that a person reads on the consent page, in characters. */
const MAX_CLIENT_NAME = 100;

/**
 * What the gateway does with a redirect address. `usable`: codes are sent there. `unused`: it can be registered beside others,
 * and gets nothing. `forbidden`: a registration with it is refused.
 */
type RedirectKind = "usable" | "unused" | "forbidden";

/** Judges an address by its text. Whether the client has registered it is another check. */
export function judgeRedirect(redirect: string): RedirectKind {
  const url = URL.parse(redirect);
  // Programs disagree about the host of an address with a backslash.
  if (!url || redirect.length > MAX_LENGTH || redirect.includes("\\")) return "forbidden";
  const { protocol, hostname, hash, username, password } = url;
  if (hostname.includes("*") || SCRIPTS.has(protocol)) return "forbidden";
  if (hash !== "" || username !== "" || password !== "") return "forbidden";
  if (protocol === "https:") return "usable";
  if (protocol === "http:") return isLoopbackHost(hostname) ? "usable" : "forbidden";
  return isPrivateUse(url) ? "usable" : "unused";
}

/** A link of the program may have a query that it acts upon; an address for answers needs none. */
function isPrivateUse({ protocol, host, pathname, search }: URL): boolean {
  const scheme = protocol.slice(0, -1);
  if (search !== "") return false;
  if (CLIENT_SCHEMES.has(scheme)) return host !== "" && CALLBACK.test(pathname);
  return REVERSE_DOMAIN.test(scheme);
}

/** Why a client cannot register (RFC 7591, section 3.2.2); null: as far as names and redirect addresses go, it can. */
export function refuseRegistration(
  metadata: Record<string, unknown>,
): { code: string; description: string } | null {
  const { client_name: name, redirect_uris: redirects } = metadata;
  if (typeof name === "string" && Array.from(name).length > MAX_CLIENT_NAME)
    return {
      code: "invalid_client_metadata",
      description: `client_name has more than ${MAX_CLIENT_NAME} characters`,
    };
  const kinds = Array.isArray(redirects) ? redirects.map((uri) => judgeRedirect(String(uri))) : [];
  if (kinds.includes("usable") && !kinds.includes("forbidden")) return null;
  return { code: "invalid_redirect_uri", description: REDIRECT_RULE };
}

/** What a redirect address can be, for the maker of a client. */
export const REDIRECT_RULE =
  "A redirect address is https without a wildcard, a fragment, user information or a backslash, http on a loopback host, or a private-use scheme of a known client or with a dot, without a query (RFC 8252, section 7.1)";

/** What gets the access, for a person: a host, or the program that opens the address; and whether it is on their machine. */
export function describeRedirect(redirect: string): { redirectHost: string; isLocal: boolean } {
  const { protocol, host, hostname } = new URL(redirect);
  if (protocol === "https:" || protocol === "http:")
    return { redirectHost: hostname, isLocal: isLoopbackHost(hostname) };
  return { redirectHost: host === "" ? protocol : `${protocol}//${host}`, isLocal: true };
}

/** A client's name as a person reads it: that of a metadata document can be longer. */
export function cutName(name: string): string {
  const characters = Array.from(name);
  return characters.length > MAX_CLIENT_NAME
    ? `${characters.slice(0, MAX_CLIENT_NAME - 1).join("")}…`
    : name;
}
