import type { CallStatus } from "../../workers/contract/records/audit.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type {
  AdmitRequest,
  Admission,
  RefusedReason,
} from "../../workers/contract/rpc/admission.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import type { ListKind, MergedCatalogue, Resolved } from "../tool-catalogue/merged-catalogue.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { TokenOwner } from "./token-owners.ts";

/** A decision on a request, before an admitted call gets its number and its credentials. */
export type AdmissionDecision =
  | { kind: "answer"; admission: Admission }
  | { kind: "refuse"; reason: RefusedReason; status: CallStatus; target: Resolved | null }
  | { kind: "route"; target: Resolved };

/** Methods that lead to one server; each leaves an audit row, refused or not. */
const CALLS = new Set([
  "tools/call",
  "prompts/get",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
]);

export function isCall(method: string): boolean {
  return CALLS.has(method);
}

/** Subscriptions lead to a server's resource, but the gateway keeps them itself. */
export function isSubscription(method: string): boolean {
  return method === "resources/subscribe" || method === "resources/unsubscribe";
}

const LISTS: Record<string, ListKind> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "templates",
};

/** Counts the request against both limits; the seconds to wait when one of them refuses it. */
export function takeFromLimits(
  config: WorkspaceConfig,
  limiter: RateLimiter,
  principal: TokenOwner,
  address: string,
  now: number,
): number | null {
  const { perAddressPerMinute, perTokenPerMinute } = config.workspace.limits;
  const wait = limiter.take(`address ${address}`, perAddressPerMinute, now);
  if (wait !== null || perTokenPerMinute === null) return wait;
  return limiter.take(`token ${principal.token.id}`, perTokenPerMinute, now);
}

/** What happens with an authenticated, counted request. The same rules for every method and protocol version. */
export function decideAdmission(
  request: AdmitRequest,
  access: ToolAccess,
  catalogue: MergedCatalogue,
): AdmissionDecision {
  const list = LISTS[request.method];
  if (list) {
    const view = catalogue.list(list, request.era, access, request.cursor, request.have);
    if (!view) return { kind: "refuse", reason: "bad_cursor", status: "error", target: null };
    return { kind: "answer", admission: { kind: "list", view } };
  }
  switch (request.method) {
    case "initialize":
    case "server/discover":
      return {
        kind: "answer",
        admission: { kind: "capabilities", ...catalogue.capabilities(access) },
      };
    case "tools/call":
      return decideCall(catalogue.findTool(request.target ?? ""), "unknown_tool", (found) =>
        access.mayCall(found.server.slug, found.key),
      );
    case "prompts/get":
      return decideCall(
        catalogue.findPrompt(request.target ?? ""),
        "unknown_prompt",
        mayUse(access),
      );
    case "resources/read":
    case "resources/subscribe":
    case "resources/unsubscribe":
      return decideResource(catalogue, access, request.target ?? "");
    case "completion/complete": {
      const [kind, ref] = splitOnce(request.target ?? "");
      if (kind === "resource") return decideResource(catalogue, access, ref);
      return decideCall(catalogue.findPrompt(ref), "unknown_prompt", mayUse(access));
    }
    default:
      return { kind: "answer", admission: { kind: "admitted" } };
  }
}

function decideCall(
  found: Resolved | null,
  unknown: RefusedReason,
  allowed: (found: Resolved) => boolean,
): AdmissionDecision {
  if (!found) return { kind: "refuse", reason: unknown, status: "error", target: null };
  if (!allowed(found))
    return { kind: "refuse", reason: "tool_not_allowed", status: "blocked", target: found };
  return { kind: "route", target: found };
}

/** A URI that several servers could serve goes to one that the caller may use; it is refused only when none is. */
function decideResource(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  uri: string,
): AdmissionDecision {
  const usable = catalogue.findResource(uri, (server) => access.mayUseServer(server.slug));
  return decideCall(
    usable ?? catalogue.findResource(uri, () => true),
    "unknown_resource",
    mayUse(access),
  );
}

function mayUse(access: ToolAccess): (found: { server: ServerRecord }) => boolean {
  return (found) => access.mayUseServer(found.server.slug);
}

function splitOnce(target: string): [string, string] {
  const colon = target.indexOf(":");
  return [target.slice(0, colon), target.slice(colon + 1)];
}
