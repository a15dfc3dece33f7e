import { MEMBER_LIMIT_FACTOR } from "../../workers/contract/limits.ts";
import type { CallStatus } from "../../workers/contract/records/audit.ts";
import type {
  Era,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type {
  AdmitRequest,
  Admission,
  RefusedReason,
} from "../../workers/contract/rpc/admission.ts";
import type { ListKind } from "../../workers/contract/rpc/tool-catalogue.ts";
import { isObject } from "../../workers/mcp/json.ts";
import { hasSkillScheme } from "../../workers/mcp/skills/skill-uri.ts";
import type { CalledKind } from "../policy/definition-hold.ts";
import { isServed, type ToolAccess } from "../policy/tool-access.ts";
import type { MergedCatalogue, CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import type { RateLimiter } from "./rate-limit.ts";
import {
  findSkillEntry,
  findSkillFile,
  listSkillDirectory,
  type SkillTarget,
} from "./skill-target.ts";
import type { TaskTarget } from "./task-target.ts";
import type { TokenOwner } from "./token-owners.ts";

/** The decision on a request, before an admitted call gets its sequence number and its server's credentials. */
export type AdmissionDecision =
  | { kind: "respond"; admission: Admission }
  | { kind: "refuse"; reason: RefusedReason; status: CallStatus; target: CallTarget | null }
  | { kind: "route"; target: CallTarget | TaskTarget };

/** Methods that are routed to one server. Each leaves an audit row, refused or not. */
const CALL_METHODS = new Set([
  "tools/call",
  "prompts/get",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "skills/get",
  "completion/complete",
  "tasks/get",
  "tasks/result",
  "tasks/update",
  "tasks/cancel",
]);

/** Whether the request is routed to one server and leaves an audit row. */
export function isCall({ method, target }: Pick<AdmitRequest, "method" | "target">): boolean {
  return CALL_METHODS.has(method) || (method === "subscriptions/listen" && target !== null);
}

/** Subscriptions concern a server's resource, but the gateway keeps them itself. */
export function isSubscription(method: string): boolean {
  return method === "resources/subscribe" || method === "resources/unsubscribe";
}

const LIST_KINDS: Record<string, ListKind> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "templates",
  "skills/list": "skills",
};

/**
 * Counts a request against the limits per token, per member and per address. Null: it passes; else the seconds to wait.
 * The narrower limit is first, so that what it refuses does not use up the wider one for others: the member's other
 * tokens, and others of the same address.
 */
export function countAgainstLimits(
  config: WorkspaceConfig,
  limiter: RateLimiter,
  { token, member }: TokenOwner,
  address: string,
  now: number,
): number | null {
  const { perAddressPerMinute, perTokenPerMinute: perToken } = config.workspace.limits;
  const take = (key: string, limit: number) => limiter.take(key, limit, now);
  return (
    (perToken === null ? null : take(`token ${token.id}`, perToken)) ??
    (perToken === null || member === null
      ? null
      : take(`member ${member.id}`, MEMBER_LIMIT_FACTOR * perToken)) ??
    take(`address ${address}`, perAddressPerMinute)
  );
}

/**
 * Pure: decides on an authenticated, counted request. The same rules apply to every method and protocol version. `task`:
 * the task that the request names; null: none that its sender began.
 */
export function decideAdmission(
  request: AdmitRequest,
  access: ToolAccess,
  catalogue: MergedCatalogue,
  task: TaskTarget | null,
): AdmissionDecision {
  const list = LIST_KINDS[request.method];
  const target = request.target ?? "";
  if (list) {
    const view = catalogue.lists.readPage(list, request, access, request.cursor, request.knownEtag);
    if (!view) return { kind: "refuse", reason: "bad_cursor", status: "error", target: null };
    return { kind: "respond", admission: { kind: "list", view } };
  }
  switch (request.method) {
    case "initialize":
    case "server/discover":
      return { kind: "respond", admission: discover(catalogue, access, request.era) };
    case "tools/call":
      return decideHold(
        catalogue,
        "tool",
        decideCall(catalogue.findTool(target), "unknown_tool", access, mayCallTool),
      );
    case "prompts/get":
      return decidePrompt(catalogue, access, target);
    case "resources/read":
      return hasSkillScheme(target)
        ? decideSkillRead(catalogue, access, target)
        : decideResource(catalogue, access, target);
    case "skills/get":
      return decideSkill(findSkillEntry(catalogue, target), access);
    case "resources/directory/read":
      return decideDirectory(catalogue, access, target);
    case "resources/subscribe":
    case "resources/unsubscribe":
      return decideResource(catalogue, access, target);
    case "completion/complete": {
      const [kind, ref] = splitOnce(target);
      if (kind === "resource") return decideResource(catalogue, access, ref);
      return decidePrompt(catalogue, access, ref);
    }
    case "subscriptions/listen":
      // The gateway itself sends all changes but those of tasks, each of which is admitted like a call.
      if (request.target === null) return { kind: "respond", admission: { kind: "admitted" } };
      return decideTask(task, access);
    case "tasks/get":
    case "tasks/result":
    case "tasks/update":
    case "tasks/cancel":
      return decideTask(task, access);
    default:
      return { kind: "respond", admission: { kind: "admitted" } };
  }
}

/** The capabilities and instructions for these permissions. */
function discover(catalogue: MergedCatalogue, access: ToolAccess, era: Era): Admission {
  const { capabilities, instructions } = catalogue.capabilities(access);
  const { extensions, ...tasks } = catalogue.taskCapabilities(access, era);
  Object.assign(capabilities, tasks);
  if (isObject(extensions))
    capabilities["extensions"] = { ...toObject(capabilities["extensions"]), ...extensions };
  return {
    kind: "capabilities",
    capabilities,
    instructions,
    leadsTo: catalogue.leadsTo(access),
  };
}

function decideCall(
  found: CallTarget | TaskTarget | null,
  unknown: RefusedReason,
  access: ToolAccess,
  isAllowed: (access: ToolAccess, found: CallTarget) => boolean,
): AdmissionDecision {
  if (!found || !isServed(access, found.server.id))
    return { kind: "refuse", reason: unknown, status: "error", target: null };
  if (isAllowed(access, found)) return { kind: "route", target: found };
  const isNarrowed = access.owner !== null && isAllowed(access.owner, found);
  const reason = isNarrowed ? "tool_not_selected" : "tool_not_allowed";
  return { kind: "refuse", reason, status: "blocked", target: found };
}

/** What the rules allow is sent unless its definition is held. */
function decideHold(
  catalogue: MergedCatalogue,
  kind: CalledKind,
  decision: AdmissionDecision,
): AdmissionDecision {
  if (decision.kind !== "route") return decision;
  const { target } = decision;
  const reason = catalogue.findHold(kind, target);
  return reason === null ? decision : { kind: "refuse", reason, status: "blocked", target };
}

function decidePrompt(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  name: string,
): AdmissionDecision {
  const found = catalogue.findPrompt(name);
  const decision = decideCall(found, "unknown_prompt", access, mayUseServer);
  return decideHold(catalogue, "prompt", decision);
}

/** A task's later message is judged by the rules for the tool that began it. */
function decideTask(task: TaskTarget | null, access: ToolAccess): AdmissionDecision {
  return decideCall(task, "unknown_task", access, mayCallTool);
}

/**
 * A URI that several servers can serve goes to one that the token owner may use; it is refused only when there is none.
 */
function decideResource(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  uri: string,
  isCandidate: (server: ServerRecord) => boolean = () => true,
): AdmissionDecision {
  const find = (isVisible: (server: ServerRecord) => boolean) =>
    catalogue.findResource(uri, (server) => isCandidate(server) && isVisible(server));
  const found =
    find((server) => access.mayUseServer(server.id)) ??
    find((server) => isServed(access, server.id));
  const decision = decideCall(found, "unknown_resource", access, mayUseServer);
  return decideHold(catalogue, "resource", decision);
}

/**
 * Only what a skill lists is read. A server without the extension can have resources with such URIs, too; a URI that names a
 * skill never reaches another server.
 */
function decideSkillRead(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  uri: string,
): AdmissionDecision {
  const found = catalogue.isResource(uri) ? null : findSkillFile(catalogue, uri);
  return found
    ? decideSkill(found, access)
    : decideResource(catalogue, access, uri, (server) => !catalogue.servesSkills(server));
}

function decideSkill(found: SkillTarget, access: ToolAccess): AdmissionDecision {
  if (!found.ok) return refuseUnknown(found.reason);
  return decideCall(found.target, "unknown_skill", access, mayUseServer);
}

function decideDirectory(
  catalogue: MergedCatalogue,
  access: ToolAccess,
  uri: string,
): AdmissionDecision {
  const view = listSkillDirectory(catalogue, access, uri);
  return view
    ? { kind: "respond", admission: { kind: "list", view } }
    : refuseUnknown("unknown_directory");
}

function refuseUnknown(reason: RefusedReason): AdmissionDecision {
  return { kind: "refuse", reason, status: "error", target: null };
}

function toObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function mayCallTool(access: ToolAccess, { server, key }: CallTarget): boolean {
  return access.mayCall(server.id, key);
}

function mayUseServer(access: ToolAccess, { server }: CallTarget): boolean {
  return access.mayUseServer(server.id);
}

function splitOnce(target: string): [string, string] {
  const colon = target.indexOf(":");
  return [target.slice(0, colon), target.slice(colon + 1)];
}
