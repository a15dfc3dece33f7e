import {
  toUserNameKey,
  type ScimPerson,
  type ScimUserRecord,
} from "../../workers/contract/records/scim.ts";
import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import type { ScimOutcome, ScimProblem } from "../../workers/contract/rpc/directory-commands.ts";
import {
  accept,
  findChangedFields,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { deleteMember, endAccess, isLastOwner, newMember } from "./member-changes.ts";

/** What a directory says of its members that an event names. */
type Names = Pick<MemberRecord, "name" | "email"> & Pick<ScimPerson, "userName" | "externalId">;

/** Adds a person of the directory as a member without rules, or takes over the member that has the person's identity already. */
export async function createScimUser(
  config: WorkspaceConfig,
  { person, adopts }: Command<"scim-user.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-user.create">> {
  const taken = await refuseNamesake(context, person, null);
  if (taken) return taken;
  const known = adopts === null ? undefined : config.members.get(adopts);
  const adopted = known && !(await context.scim.findUser(known.id)) ? known : undefined;
  const { name, email, active, userName, externalId } = person;
  const before = adopted ?? newMember({ name, email, role: "member" }, null, context);
  if (!active && isLastOwner(config, before)) return refuseLastOwner();
  const { member, deactivatedAt } = setActive(before, null, active, context.now);
  const record: ScimUserRecord = {
    memberId: member.id,
    workspaceId: config.workspace.id,
    ...toStored(person),
    deactivatedAt,
    version: 1,
    createdAt: context.now,
    updatedAt: context.now,
  };
  const detail = { name, email, role: member.role, userName, externalId, active };
  const action = adopted ? "scim_user.adopted" : "member.provisioned";
  const event: ChangeEvent = { action, object: `member:${member.id}`, detail };
  const after = { ...member, name, email };
  return save(config, context, event, { before, after, record });
}

/** Changes what the directory says of a member. `active: false` ends all its access; `active: true` gives back rules and role only. */
export async function updateScimUser(
  config: WorkspaceConfig,
  { id, version, person }: Command<"scim-user.update">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-user.update">> {
  const stored = await context.scim.findUser(id);
  const before = config.members.get(id);
  if (!stored || !before) return refuseUnknown("user");
  if (version !== null && version !== stored.version) return refuseVersion();
  const taken = await refuseNamesake(context, person, id);
  if (taken) return taken;
  if (!person.active && stored.active && isLastOwner(config, before)) return refuseLastOwner();
  const values = toStored(person);
  const changed = findChangedFields({ ...stored }, { ...stored, ...values });
  const { name, email, userName, externalId } = person;
  const names: Names = { name, email, userName, externalId };
  const old: Names = {
    name: before.name,
    email: before.email,
    userName: stored.userName,
    externalId: stored.externalId,
  };
  const renamed = findChangedFields(old, names);
  if (Object.keys(changed).length + Object.keys(renamed).length === 0)
    return { kind: "unchanged", result: { ok: true, id } };
  const { member, deactivatedAt } = setActive(before, stored, person.active, context.now);
  const record: ScimUserRecord = {
    ...stored,
    ...values,
    deactivatedAt,
    version: stored.version + 1,
    updatedAt: context.now,
  };
  const event: ChangeEvent = {
    action: toAction(stored.active, person.active),
    object: `member:${id}`,
    detail: { ...withBefore(old, renamed), name },
  };
  return save(config, context, event, { before, after: { ...member, name, email }, record });
}

/** Removes the member of a person that the directory has removed, as an admin does. */
export async function deleteScimUser(
  config: WorkspaceConfig,
  { id, version }: Command<"scim-user.delete">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-user.delete">> {
  const stored = await context.scim.findUser(id);
  const member = config.members.get(id);
  if (!stored || !member) return refuseUnknown("user");
  if (version !== null && version !== stored.version) return refuseVersion();
  if (isLastOwner(config, member)) return refuseLastOwner();
  const decision = deleteMember(config, { type: "member.delete", id }, context);
  if (decision.kind !== "accepted") return refuseUnknown("user");
  return { ...decision, result: { ok: true, id }, scim: { endsAccessOf: member.userId } };
}

/**
 * The member with the suspension that the directory wants. An admin's suspension stays through both directions: the directory lifts only
 * its own.
 */
function setActive(
  member: MemberRecord,
  stored: Pick<ScimUserRecord, "active" | "deactivatedAt"> | null,
  active: boolean,
  now: number,
): { member: MemberRecord; deactivatedAt: number | null } {
  if (!active) {
    if (stored?.active === false) return { member, deactivatedAt: stored.deactivatedAt };
    if (member.suspendedAt !== null) return { member, deactivatedAt: null };
    return { member: { ...member, suspendedAt: now }, deactivatedAt: now };
  }
  const isOwn = stored?.deactivatedAt !== null && stored?.deactivatedAt === member.suspendedAt;
  return { member: isOwn ? { ...member, suspendedAt: null } : member, deactivatedAt: null };
}

function save(
  config: WorkspaceConfig,
  context: ChangeContext,
  event: ChangeEvent,
  { before, after, record }: Record<"before" | "after", MemberRecord> & { record: ScimUserRecord },
) {
  const isEnding = !record.active;
  const ended = isEnding ? endAccess(config, before.id, context.now) : [];
  const revokedTokens = ended.flatMap(({ kind, id, value }) =>
    kind === "token" && value !== null ? [id] : [],
  );
  const detail = { ...event.detail, ...(isEnding ? { revokedTokens } : {}) };
  const changes: EntityChange[] = [{ kind: "member", id: after.id, value: after }, ...ended];
  const result: ScimOutcome = { ok: true, id: after.id };
  const decision = accept(context, config.workspace, { ...event, detail }, changes, result);
  return {
    ...decision,
    scim: { user: record, endsAccessOf: isEnding ? before.userId : null },
  };
}

function toStored({ userName, externalId, active, attributes }: ScimPerson) {
  return { userName, userNameKey: toUserNameKey(userName), externalId, active, attributes };
}

function toAction(wasActive: boolean, isActive: boolean) {
  if (wasActive === isActive) return "scim_user.updated";
  return isActive ? "scim_user.activated" : "scim_user.deactivated";
}

async function refuseNamesake(
  context: ChangeContext,
  { userName, externalId }: ScimPerson,
  ownId: string | null,
) {
  const names = { nameKey: toUserNameKey(userName), externalId };
  const namesake = await context.scim.findNamesake(names, ownId);
  if (!namesake) return null;
  const field = namesake.userNameKey === names.nameKey ? "userName" : "externalId";
  return refuseScim("uniqueness", `${field}: another user of this workspace has this value.`);
}

function refuseLastOwner() {
  return refuseScim(
    "conflict",
    "This person is the workspace's last owner: make another member an owner first.",
  );
}

/** Answers that the directory manages no such user or group. */
export function refuseUnknown(kind: "user" | "group") {
  return refuseScim("not_found", `There is no such ${kind}.`);
}

/** Answers that the user or group has changed since the caller read it. */
export function refuseVersion() {
  return refuseScim("version", "It has changed since it was read: read it again.");
}

/** Answers that a change of a directory is not possible, and stores nothing. */
export function refuseScim(problem: ScimProblem["problem"], detail: string) {
  const result: ScimProblem = { ok: false, problem, detail };
  return { kind: "unchanged", result } as const;
}
