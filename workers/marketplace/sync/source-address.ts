import type { MarketplaceSource } from "../../contract/api/marketplace-sync.ts";
import type { SourceRow } from "../../db/marketplace-sources.ts";
import type { Env } from "../../runtime/env.ts";
import { HOSTED_SOURCE, OFFICIAL_SOURCE } from "../sources.ts";

/** Whether the source comes with the release. */
export function isBuiltInSource(name: string): boolean {
  return name === OFFICIAL_SOURCE || name === HOSTED_SOURCE;
}

/** The base of a source's API; null: it has none, or this deployment does not sync with it. */
export function toSourceUrl({ name, url }: Pick<SourceRow, "name" | "url">, env: Env) {
  return name === OFFICIAL_SOURCE ? toBaseUrl(env.MARKETPLACE_REGISTRY) || null : url;
}

/** The base of an API from an address as people copy it: with its version, or with the path of its servers. */
export function toBaseUrl(address: string): string {
  return address
    .replace(/[?#].*$/, "")
    .replace(/\/+$/, "")
    .replace(/\/v0(\.1)?(\/servers)?$/, "");
}

/** Whether a source can have runs now. */
export function isSynced(source: SourceRow, env: Env): boolean {
  return source.isEnabled && source.kind === "registry" && toSourceUrl(source, env) !== null;
}

/** A source as the management API shows it. */
export function toMarketplaceSource(
  source: SourceRow,
  env: Env,
): Omit<MarketplaceSource, "lastRun"> {
  const { name, kind, isEnabled, syncedAt, nextRunAt } = source;
  return {
    name,
    kind,
    url: toSourceUrl(source, env),
    isBuiltIn: isBuiltInSource(name),
    isEnabled,
    syncedAt,
    nextRunAt: isSynced(source, env) ? nextRunAt : null,
  };
}
