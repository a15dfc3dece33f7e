import type { MarketplaceSource } from "../../contract/api/marketplace-sync.ts";
import type { SourceRow } from "../../db/marketplace-sources.ts";
import type { Env } from "../../runtime/env.ts";
import { addressOf, findOffReason as findGithubOffReason } from "../signals/services.ts";
import { GITHUB_SOURCE, HOSTED_SOURCE, OFFICIAL_SOURCE, PUBLISHED_SOURCE } from "../sources.ts";

/** Whether the source comes with the release. */
export function isBuiltInSource(name: string): boolean {
  return [OFFICIAL_SOURCE, GITHUB_SOURCE, HOSTED_SOURCE, PUBLISHED_SOURCE].includes(name);
}

/** The base of a source's API; null: it has none, or this deployment does not sync with it. */
export function toSourceUrl({ name, url }: Pick<SourceRow, "name" | "url">, env: Env) {
  if (name === GITHUB_SOURCE) return addressOf(env, "github") || null;
  return name === OFFICIAL_SOURCE ? toBaseUrl(env.MARKETPLACE_REGISTRY) || null : url;
}

/** The base of an API from an address as people copy it: with its version, or with the path of its servers. */
export function toBaseUrl(address: string): string {
  return address
    .replace(/[?#].*$/, "")
    .replace(/\/+$/, "")
    .replace(/\/v0(\.1)?(\/servers)?$/, "");
}

/** Why a source has no runs, and what the operator can do; null: it has, or needs none. */
export function findSourceOffReason(source: SourceRow, env: Env): string | null {
  if (!source.isEnabled) return "It is disabled";
  if (source.kind === "github") return findGithubOffReason(env, "github");
  if (source.kind === "hosted" || toSourceUrl(source, env) !== null) return null;
  return "Set the variable MARKETPLACE_REGISTRY to its address";
}

/** Whether a source can have runs now. */
export function isSynced(source: SourceRow, env: Env): boolean {
  return source.kind !== "hosted" && findSourceOffReason(source, env) === null;
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
    offBecause: findSourceOffReason(source, env),
    syncedAt,
    nextRunAt: isSynced(source, env) ? nextRunAt : null,
  };
}
