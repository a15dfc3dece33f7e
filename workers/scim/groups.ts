import { DisplayName } from "../contract/records/display-name.ts";
import type { ScimGroupInput } from "../contract/rpc/directory-commands.ts";
import { toGroupVersion } from "../crypto/group-version.ts";
import { listScimGroups, type ScimGroup } from "../db/scim.ts";
import { changeRead, execute, matches, versionMismatch, type ScimContext } from "./context.ts";
import { findDemanded, readFilter, select, type ListQuery } from "./list.ts";
import { applyPatch } from "./patch.ts";
import { readResource, toValues, type Values } from "./read-resource.ts";
import { GROUP, GROUP_SCHEMA } from "./schemas.ts";
import { invalid, noResource } from "./scim-error.ts";

/** The groups that pass a filter, oldest first. @throws ScimError */
export async function listGroups(context: ScimContext, query: ListQuery): Promise<Values[]> {
  const { db, workspace, base } = context;
  const filter = readFilter(query, GROUP_SCHEMA);
  const id = findDemanded(filter, "id");
  const externalId = findDemanded(filter, "externalId");
  const groups = await listScimGroups(db, workspace.id, {
    ...(id === undefined ? {} : { id }),
    ...(externalId === undefined ? {} : { externalId }),
  });
  return select(
    filter,
    groups.map((group) => toResource(group, base)),
  );
}

/** Returns a group. @throws ScimError 404 */
export async function readGroup(context: ScimContext, id: string): Promise<Values> {
  return toResource(await find(context, id), context.base);
}

/** Makes a group and returns it. */
export async function createGroup(context: ScimContext, body: unknown): Promise<Values> {
  const group = toGroup(readResource(GROUP_SCHEMA, body));
  const made = await execute(context, { type: "scim-group.create", group });
  if (made === "version") throw versionMismatch();
  return readGroup(context, made.id);
}

/** Replaces a group (PUT): a body without members empties it. */
export function replaceGroup(
  context: ScimContext,
  id: string,
  body: unknown,
  ifMatch: string | null,
): Promise<Values> {
  const group = toGroup(readResource(GROUP_SCHEMA, body));
  return change(context, id, ifMatch, () => group);
}

/** Applies a PATCH to a group. */
export function patchGroup(
  context: ScimContext,
  id: string,
  body: unknown,
  ifMatch: string | null,
): Promise<Values> {
  return change(context, id, ifMatch, (group) =>
    toGroup(applyPatch(GROUP_SCHEMA, toOwn(group), body)),
  );
}

/** Removes a group. */
export async function deleteGroup(
  context: ScimContext,
  id: string,
  ifMatch: string | null,
): Promise<void> {
  await changeRead(ifMatch, async () => {
    const group = await findMatching(context, id, ifMatch);
    const version = ifMatch === null ? null : toVersion(group);
    return execute(context, { type: "scim-group.delete", id, version });
  });
}

async function change(
  context: ScimContext,
  id: string,
  ifMatch: string | null,
  decide: (group: ScimGroup) => ScimGroupInput,
): Promise<Values> {
  await changeRead(ifMatch, async () => {
    const before = await findMatching(context, id, ifMatch);
    const version = toVersion(before);
    return execute(context, { type: "scim-group.update", id, version, group: decide(before) });
  });
  return readGroup(context, id);
}

async function findMatching(
  context: ScimContext,
  id: string,
  ifMatch: string | null,
): Promise<ScimGroup> {
  const group = await find(context, id);
  if (ifMatch !== null && !matches(ifMatch, toEtag(group))) throw versionMismatch();
  return group;
}

async function find({ db, workspace }: ScimContext, id: string): Promise<ScimGroup> {
  const [group] = await listScimGroups(db, workspace.id, { id });
  if (!group) throw noResource();
  return group;
}

function toVersion(group: ScimGroup): string {
  return toGroupVersion(group.version, group);
}

function toEtag(group: ScimGroup): string {
  return `W/"${toVersion(group)}"`;
}

/** The attributes that the directory sets. */
function toOwn({ name, externalId, memberIds }: ScimGroup): Values {
  const members = memberIds.map((value) => ({ value, type: "User" }));
  return {
    ...(externalId === null ? {} : { externalId }),
    displayName: name,
    ...(members.length === 0 ? {} : { members }),
  };
}

function toResource(group: ScimGroup, base: string): Values {
  const { teamId: id, memberIds, createdAt, updatedAt } = group;
  const members = memberIds.map((value) => ({
    value,
    $ref: `${base}/Users/${value}`,
    type: "User",
  }));
  return {
    schemas: [GROUP],
    id,
    ...toOwn(group),
    ...(members.length === 0 ? {} : { members }),
    meta: {
      resourceType: "Group",
      created: new Date(createdAt).toISOString(),
      lastModified: new Date(updatedAt).toISOString(),
      location: `${base}/Groups/${id}`,
      version: toEtag(group),
    },
  };
}

/** @throws ScimError `invalidValue` */
function toGroup({ displayName, externalId, members }: Values): ScimGroupInput {
  const name = DisplayName.safeParse(displayName);
  if (!name.success)
    throw invalid("invalidValue", "displayName: it needs 1 to 120 visible characters in one line.");
  const items = Array.isArray(members) ? members.map(toValues) : [];
  if (items.some(({ type }) => typeof type === "string" && type.toLowerCase() !== "user"))
    throw invalid("invalidValue", "members: a group has users only, and no groups.");
  const memberIds = items.map(({ value }) => value);
  if (!memberIds.every((value) => typeof value === "string"))
    throw invalid("invalidValue", "members: each needs the id of a user as its value.");
  return {
    name: name.data,
    externalId: typeof externalId === "string" ? externalId : null,
    memberIds: [...new Set(memberIds)],
  };
}
