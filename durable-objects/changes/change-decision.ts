import type { AuditAction } from "../../workers/contract/records/audit-actions.ts";
import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type { Contract, LockedChange } from "../../workers/contract/records/contract.ts";
import type {
  ScimGroupRecord,
  ScimUserRecord,
  ScimWrites,
} from "../../workers/contract/records/scim.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { ClosedAccessRequest } from "../../workers/contract/rpc/access-request-commands.ts";
import type {
  CommandResults,
  CommandType,
  RefusedChange,
  Refusal,
} from "../../workers/contract/rpc/commands.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { ReferValue } from "../../workers/contract/versions/secret-url.ts";
import type { IdPrefix } from "../../workers/crypto/ids.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";
import type { AccessRequestRow } from "../../workers/db/access-requests.ts";
import { DATABASE_FULL_MESSAGE, isDatabaseFull } from "../../workers/runtime/database-full.ts";
import type { ServerTool } from "../policy/access-preview.ts";
import type { ClassOf } from "../policy/tool-access.ts";
import type { CatalogueNames } from "../tool-catalogue/catalogue-names.ts";
import type { WantedName, WantedNames } from "../tool-catalogue/name-owners.ts";

/** The inputs of a decision besides the command and the configuration. */
export interface ChangeContext {
  /** Epoch ms. */
  now: number;
  actor: string;
  newId(prefix: IdPrefix): string;
  ring: KeyRing;
  /** A sentence why the gateway does not call the URL; null: it does. */
  checkUrl(url: string): string | null;
  /** What a server shows, its contract, and how they differ. */
  contractOf(serverId: string): KnownContract;
  /** The number of the workspace's newest version; 0: it has none yet. */
  readVersion(): Promise<number>;
  /** Makes references of the secrets in the workspace's URLs. */
  openReferences(workspace: WorkspaceRecord): Promise<ReferValue>;
  /** Every tool of the enabled servers that can be called. */
  listTools(): ServerTool[];
  /** The same for servers as they would be. `made`: contracts that the change makes. */
  previewTools(servers: ServerRecord[], made: Contract[]): Promise<ServerTool[]>;
  /** The names for clients with other servers and wanted names; null: the workspace is new. */
  previewNames(servers: ServerRecord[], wanted: WantedNames): CatalogueNames | null;
  /** The names that servers lost with an earlier removal or prefix. */
  listClaims(servers: ServerRecord[]): WantedName[];
  /** A request for access; undefined: the workspace has none with this id. */
  findAccessRequest(id: string): Promise<AccessRequestRow | undefined>;
  /** What the workspace's directory has stored. */
  scim: ScimLookup;
  /** The class of a tool, by the definition that clients get. */
  classOf: ClassOf;
}

/** Finds what a directory has stored besides members and teams; undefined: nothing with this id. */
export interface ScimLookup {
  findUser(memberId: string): Promise<ScimUserRecord | undefined>;
  /** Another user with this user name or external id. `ownId` null: of all. */
  findNamesake(
    names: { nameKey: string; externalId: string | null },
    ownId: string | null,
  ): Promise<ScimUserRecord | undefined>;
  /** Those of these members that the directory manages. */
  listUserIds(memberIds: string[]): Promise<Set<string>>;
  findGroup(teamId: string): Promise<ScimGroupRecord | undefined>;
}

/** What is known of a server's definitions; null: nothing. `observed`: as the server showed it last. */
export interface KnownContract {
  observed: ToolCatalogue | null;
  contract: Contract | null;
  changes: LockedChange[];
}

/** The command is not allowed or not possible. */
export interface RefusedDecision {
  kind: "refused";
  refusal: Refusal;
}

/** The changes to store together with their audit event. */
export interface AcceptedDecision<Result> {
  kind: "accepted";
  changes: EntityChange[];
  event: AuditEvent;
  result: Result;
  /** The contracts that the changes name for the first time. Absent: none. */
  contracts?: Contract[];
  /** The names for clients that a version or document has. Absent: none. */
  names?: WantedNames;
  /** The request for access that is closed. Absent: none. */
  closes?: ClosedAccessRequest | null;
  /** What a change of the directory stores besides. Absent: nothing. */
  scim?: ScimWrites | null;
}

/** What a decision stores together with its changes. */
export type StoredBesides = Pick<
  AcceptedDecision<unknown>,
  "contracts" | "names" | "closes" | "scim"
>;

/**
 * The decision on a command of type `T`. `unchanged`: the workspace is already in the requested state. `unrecorded`: the
 * changes are stored without an audit event.
 */
export type ChangeDecision<T extends CommandType = CommandType> =
  | RefusedDecision
  | { kind: "unrecorded"; changes: EntityChange[]; result: CommandResults[T] }
  | { kind: "unchanged"; result: CommandResults[T] }
  | AcceptedDecision<CommandResults[T]>;

/** A decision that refuses the command. */
export function refuse(code: Refusal["code"], message: string): RefusedDecision {
  return { kind: "refused", refusal: { code, message } };
}

/** Refuses an end (epoch ms) that has passed; null: it is still to come, or there is none. `field`: its name in the body. */
export function refusePast(field: string, at: number | null, now: number): RefusedDecision | null {
  if (at === null || at > now) return null;
  const advice = "the time is in the past; give a later time in epoch milliseconds.";
  return refuse("invalid", `${field}: ${advice}`);
}

/** An audit event as a decision gives it. */
export interface ChangeEvent extends Pick<AuditEvent, "object" | "detail"> {
  action: AuditAction;
}

/**
 * A decision that stores `changes`. The event's `detail` holds names of changed fields and values that are no secrets.
 */
export function accept<Result>(
  context: ChangeContext,
  workspace: WorkspaceRecord,
  event: ChangeEvent,
  changes: EntityChange[],
  result: Result,
): AcceptedDecision<Result> {
  const whole: AuditEvent = {
    id: context.newId("evt"),
    workspaceId: workspace.id,
    actor: context.actor,
    occurredAt: context.now,
    ...event,
  };
  const dated = changes.map((change) => withDate(change, context.now));
  return { kind: "accepted", changes: dated, event: whole, result };
}

function withDate(change: EntityChange, changedAt: number): EntityChange {
  if (change.kind !== "server" || change.value === null) return change;
  return { ...change, value: { ...change.value, changedAt } };
}

/** The fields whose values differ, with the values of `after`. */
export function findChangedFields<T extends object>(before: T, after: T): Partial<T> {
  const differs = (key: string, value: unknown) =>
    JSON.stringify(value) !== JSON.stringify(Reflect.get(before, key));
  // Some entries of a T are a Partial<T>.
  return Object.fromEntries(
    Object.entries(after).filter(([key, value]) => differs(key, value)),
  ) as Partial<T>;
}

/** Adds `before` to changed fields: their values before, for the sentence of the audit log. */
export function withBefore(before: object, changed: object): Record<string, unknown> {
  const old = Object.entries(before).filter(([field]) => field in changed);
  return { ...changed, ...(old.length > 0 ? { before: Object.fromEntries(old) } : {}) };
}

/** Refuses a command that needs the workspace's data key. */
export function refuseUnreadableKey(): RefusedDecision {
  return refuse(
    "unavailable",
    "The workspace's key cannot be opened: MCPNEST_MASTER_KEYS lacks the master key that it was wrapped with.",
  );
}

/** The result of a change of a workspace that does not exist, or that another one has replaced. */
export const NO_WORKSPACE: RefusedChange = {
  ok: false,
  refusal: { code: "not_found", message: "There is no such workspace." },
};

/** The result of a change that D1 did not store. */
export function toRefusedChange(error: unknown): RefusedChange {
  if (!isDatabaseFull(error)) return UNCONFIRMED;
  return { ok: false, refusal: { code: "database_full", message: DATABASE_FULL_MESSAGE } };
}

/** The result of a change that was not sent to D1, because D1 must be read first and cannot be read now. */
export const UNAVAILABLE: RefusedChange = {
  ok: false,
  refusal: {
    code: "unavailable",
    message: "The database cannot be read now, and nothing was changed; try again.",
  },
};

/** The result of a change that was sent to D1 and not confirmed: D1 can have stored it. */
const UNCONFIRMED: RefusedChange = {
  ok: false,
  refusal: {
    code: "unavailable",
    message:
      "The database did not confirm the change, so that it may or may not be stored. Look in ten seconds whether it is there, and try again only if it is not. A token that is there without its value can be rotated.",
  },
};
