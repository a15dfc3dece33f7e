import type { ToolCatalogue, UpstreamError } from "../contract/rpc/tool-catalogue.ts";

/**
 * Names gateways by their ids, as `Via` (RFC 9110, section 7.6.3) names proxies. In a request: those that it has passed,
 * the latest one last. In the response to such a request: those that its sender may be led to, in any order.
 *
 * It is a header of our own because intermediaries rewrite or drop `Via`, and because `CDN-Loop` (RFC 8586) belongs to the
 * platform: Cloudflare writes its own counters into it.
 */
export const VIA_HEADER = "mcpnest-via";

/** Most gateways that a request can have passed: chains that are made on purpose are shorter. */
const MAX_GATEWAYS = 3;
/** Most gateways of a response: bounds what a server can have us store. */
const MAX_NAMED_GATEWAYS = 64;
/** HTTP status of a request that is refused because it is in a loop (RFC 5842, section 7.2). */
export const LOOP_DETECTED = 508;

const GATEWAY_ID = /^[A-Za-z0-9_-]{16}$/;

/** The gateways that a request has passed, or why it is refused, as a sentence. */
export type ParsedVia = { ok: true; via: string[] } | { ok: false; problem: string };

/** Reads a request's header. `ownId`: the id of this gateway. A client that leaves the header out is one that begins the way. */
export function parseVia(header: string | null, ownId: string): ParsedVia {
  if (header === null) return { ok: true, via: [] };
  const via = splitIds(header);
  if (via.includes(ownId))
    return { ok: false, problem: "The request has passed this gateway before: it is in a loop" };
  if (via.length >= MAX_GATEWAYS)
    return {
      ok: false,
      problem: `The request has passed ${MAX_GATEWAYS} gateways, which is the maximum: it may be in a loop`,
    };
  if (!via.every((id) => GATEWAY_ID.test(id)))
    return { ok: false, problem: `The header ${VIA_HEADER} is not one that a gateway sends` };
  return { ok: true, via };
}

/** The gateways to which a server says, in its response to the handshake, that it leads; no member: it names none. */
export function readLeadsTo(response: Response): Pick<ToolCatalogue, "leadsTo"> {
  const ids = splitIds(response.headers.get(VIA_HEADER) ?? "").filter((id) => GATEWAY_ID.test(id));
  return ids.length > 0 ? { leadsTo: ids.slice(0, MAX_NAMED_GATEWAYS) } : {};
}

/**
 * The error of a response that comes from this gateway or would lead back to it, or that refuses a loop; null: there is
 * none. `via`: of the request, so that its last id is our own.
 */
export function findLoop(response: Response, via: string[]): UpstreamError | null {
  const header = response.headers.get(VIA_HEADER);
  if (header === null) return null;
  const ownId = via.at(-1);
  if (ownId !== undefined && splitIds(header).includes(ownId)) return LEADS_BACK;
  return response.status === LOOP_DETECTED ? REFUSED_AS_LOOP : null;
}

const LEADS_BACK: UpstreamError = {
  code: "upstream_loop",
  message:
    "The URL leads back to this gateway, directly or by way of other gateways: enter the server that you want to reach",
};

const REFUSED_AS_LOOP: UpstreamError = {
  code: "upstream_loop",
  message:
    "The server is a gateway that refused the request because it is in a loop, or passes too many gateways",
};

function splitIds(header: string): string[] {
  return header.split(",").map((id) => id.trim());
}
