import type { AcceptedCapabilities } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import { isObject } from "./json.ts";
import { ERROR, LEGACY_VERSIONS } from "./protocol.ts";

/** The version and the capabilities that a client offers a legacy server in `initialize`. */
export interface InitializeOffer {
  protocolVersion: string;
  capabilities: ClientCapabilities;
  /** How much of the client's capabilities these are. */
  level: AcceptedCapabilities;
}

/** Why a server refused an offer; `code`: of its JSON-RPC error, null without one. */
export interface InitializeRefusal {
  code: number | null;
  message: string;
  /** The error's `data`, which can name the supported versions. */
  data?: unknown;
}

/**
 * The next offer after a refusal; null: no smaller one is left. Strict servers fail on capabilities, or members of them,
 * that their revision does not know, and on versions that are newer than theirs instead of naming their own (2025-11-25,
 * basic/lifecycle).
 */
export function findSmallerOffer(
  offer: InitializeOffer,
  refusal: InitializeRefusal,
): InitializeOffer | null {
  const supported = findSupportedVersions(refusal);
  const fewer = isAboutVersion(refusal) || supported ? null : withFewerCapabilities(offer);
  if (fewer) return fewer;
  const protocolVersion = LEGACY_VERSIONS.find(
    (version) => version < offer.protocolVersion && (supported?.includes(version) ?? true),
  );
  return protocolVersion === undefined ? null : { ...offer, protocolVersion };
}

/** The capabilities of a level. `bare`: without the members that newer revisions have added. */
export function reduceCapabilities(
  capabilities: ClientCapabilities,
  level: AcceptedCapabilities,
): ClientCapabilities {
  switch (level) {
    case "all":
      return capabilities;
    case "bare":
      return Object.fromEntries(Object.keys(capabilities).map((kind) => [kind, {}]));
    case "none":
      return {};
  }
}

/** The offer with fewer capabilities; null: it has no capability, or member of one, that can be left out. */
export function withFewerCapabilities(offer: InitializeOffer): InitializeOffer | null {
  const levels = (["bare", "none"] as const).slice(offer.level === "all" ? 0 : 1);
  for (const level of levels) {
    const capabilities = reduceCapabilities(offer.capabilities, level);
    if (JSON.stringify(capabilities) !== JSON.stringify(offer.capabilities))
      return { ...offer, capabilities, level };
  }
  return null;
}

function isAboutVersion({ code, message }: InitializeRefusal): boolean {
  if (code === ERROR.unsupportedVersion) return true;
  return /version/i.test(message) && !/capabilit/i.test(message);
}

function findSupportedVersions({ data }: InitializeRefusal): unknown[] | null {
  const supported = isObject(data) ? data["supported"] : undefined;
  return Array.isArray(supported) ? supported : null;
}
