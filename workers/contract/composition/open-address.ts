import { POSSIBLE_SECRET_NAME } from "../marketplace/secret-name.ts";
import { HEADER_NAME } from "../records/header-name.ts";
import { suggestSlug } from "../text/suggest-slug.ts";
import { findAddressProblem } from "./address-problem.ts";
import type { AddressItem } from "./composition.ts";
import { looksLikeSecret } from "./secret-value.ts";

/** A server of a workspace, as far as a composition can hold it. */
interface WorkspaceServer {
  slug: string;
  url: string;
  transport: string | null;
  /** Names of its headers, secret or not. */
  headers: string[];
}

/**
 * A server of a workspace as a part of a composition. Each value in its address that can be a secret is a variable: all of
 * its query, and parts of its path and host that look like keys. Null: the address is none that can be shared.
 */
export function toAddressItem(server: WorkspaceServer): AddressItem | null {
  const url = toOpenUrl(server.url);
  if (url === null || url.length > 2_000 || findAddressProblem(url) !== null) return null;
  return {
    from: "address",
    key: suggestSlug(server.slug, "server"),
    url,
    type: server.transport === "sse" ? "sse" : "streamable-http",
    headers: [...new Set(server.headers.map((name) => name.toLowerCase()))]
      .filter((name) => HEADER_NAME.test(name) && !looksLikeSecret(name))
      .slice(0, 20),
  };
}

function toOpenUrl(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) return null;
  const host = url.hostname
    .split(".")
    .map((label, index) => (looksLikeSecret(label) ? `{host-${index + 1}}` : label))
    .join(".");
  const path = url.pathname.split("/").map((part, index, parts) => {
    const isValue = looksLikeSecret(part) || POSSIBLE_SECRET_NAME.test(parts[index - 1] ?? "");
    return part !== "" && isValue ? `{part-${index}}` : part;
  });
  const query = [...url.searchParams.keys()].map(
    (name) => `${encodeURIComponent(name)}={${name.replaceAll(/[^\w-]/g, "") || "value"}}`,
  );
  const port = url.port === "" ? "" : `:${url.port}`;
  const end = query.length > 0 ? `?${query.join("&")}` : "";
  return `${url.protocol}//${host}${port}${path.join("/")}${end}`;
}
