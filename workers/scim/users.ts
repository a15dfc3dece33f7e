import { z } from "zod";
import { DisplayName } from "../contract/records/display-name.ts";
import { toUserNameKey, type ScimPerson, type ScimUserRecord } from "../contract/records/scim.ts";
import { findAdoptable } from "../db/scim-identities.ts";
import { findScimUser, listGroupsOf, listScimUsers } from "../db/scim.ts";
import { changeRead, execute, matches, versionMismatch, type ScimContext } from "./context.ts";
import { findDemanded, readFilter, select, type ListQuery } from "./list.ts";
import { applyPatch } from "./patch.ts";
import { readResource, toValues, type Values } from "./read-resource.ts";
import { ENTERPRISE, USER, USER_SCHEMA } from "./schemas.ts";
import { invalid, noResource, ScimError } from "./scim-error.ts";

/** Users that a filter looks at which demands no single one. */
const MAX_SCANNED = 20_000;
const MAX_NAME = 120;
const MAX_USER_NAME = 320;
const Email = z.email().max(254);

/** The users that pass a filter, oldest first. @throws ScimError */
export async function listUsers(context: ScimContext, query: ListQuery): Promise<Values[]> {
  const { db, workspace } = context;
  const filter = readFilter(query, USER_SCHEMA);
  const id = findDemanded(filter, "id");
  const externalId = findDemanded(filter, "externalId");
  const userName = findDemanded(filter, "userName");
  const records = await listScimUsers(db, workspace.id, {
    ...(id === undefined ? {} : { id }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(userName === undefined ? {} : { nameKey: toUserNameKey(userName) }),
  });
  if (filter && records.length > MAX_SCANNED)
    throw invalid("tooMany", "Too many users to look at: filter by id, userName or externalId.");
  return select(filter, await toResources(context, records));
}

/** Returns a user. @throws ScimError 404 */
export async function readUser(context: ScimContext, id: string): Promise<Values> {
  const record = await findScimUser(context.db, context.workspace.id, id);
  const [resource] = record ? await toResources(context, [record]) : [];
  if (!resource) throw noResource();
  return resource;
}

/** Makes a user and returns it. */
export async function createUser(context: ScimContext, body: unknown): Promise<Values> {
  const person = toPerson(readResource(USER_SCHEMA, body), true);
  const adopts = await findAdoptable(context.db, context.workspace.id, person);
  const made = await execute(context, { type: "scim-user.create", person, adopts });
  if (made === "version") throw versionMismatch();
  return readUser(context, made.id);
}

/** Replaces a user (PUT). Whether it is active stays if the body does not say it. */
export function replaceUser(
  context: ScimContext,
  id: string,
  body: unknown,
  ifMatch: string | null,
): Promise<Values> {
  const wanted = readResource(USER_SCHEMA, body);
  return change(context, id, ifMatch, ({ active }) => toPerson(wanted, active));
}

/** Applies a PATCH to a user. */
export function patchUser(
  context: ScimContext,
  id: string,
  body: unknown,
  ifMatch: string | null,
): Promise<Values> {
  return change(context, id, ifMatch, (record) =>
    toPerson(applyPatch(USER_SCHEMA, toOwn(record), body), record.active),
  );
}

/** Removes a user. */
export async function deleteUser(
  context: ScimContext,
  id: string,
  ifMatch: string | null,
): Promise<void> {
  await changeRead(ifMatch, async () => {
    const { version } = await findMatching(context, id, ifMatch);
    const known = ifMatch === null ? null : version;
    return execute(context, { type: "scim-user.delete", id, version: known });
  });
}

async function change(
  context: ScimContext,
  id: string,
  ifMatch: string | null,
  decide: (record: ScimUserRecord) => ScimPerson,
): Promise<Values> {
  await changeRead(ifMatch, async () => {
    const record = await findMatching(context, id, ifMatch);
    const { version } = record;
    return execute(context, { type: "scim-user.update", id, version, person: decide(record) });
  });
  return readUser(context, id);
}

async function findMatching(
  { db, workspace }: ScimContext,
  id: string,
  ifMatch: string | null,
): Promise<ScimUserRecord> {
  const record = await findScimUser(db, workspace.id, id);
  if (!record) throw noResource();
  if (ifMatch !== null && !matches(ifMatch, toEtag(record))) throw versionMismatch();
  return record;
}

function toEtag({ version }: ScimUserRecord): string {
  return `W/"${version}"`;
}

async function toResources(context: ScimContext, records: ScimUserRecord[]): Promise<Values[]> {
  const { db, workspace, base } = context;
  const ids = records.map(({ memberId }) => memberId);
  if (ids.length === 0) return [];
  const groups = await listGroupsOf(db, workspace.id, ids);
  return records.map((record) => toResource(record, groups.get(record.memberId) ?? [], base));
}

function toResource(
  record: ScimUserRecord,
  groups: { id: string; name: string }[],
  base: string,
): Values {
  const { memberId: id, createdAt, updatedAt } = record;
  const own = toOwn(record);
  return {
    schemas: [USER, ...(ENTERPRISE in own ? [ENTERPRISE] : [])],
    id,
    ...own,
    ...(groups.length === 0
      ? {}
      : {
          groups: groups.map(({ id: value, name }) => ({
            value,
            $ref: `${base}/Groups/${value}`,
            display: name,
          })),
        }),
    meta: {
      resourceType: "User",
      created: new Date(createdAt).toISOString(),
      lastModified: new Date(updatedAt).toISOString(),
      location: `${base}/Users/${id}`,
      version: toEtag(record),
    },
  };
}

/** The attributes that the directory sets. */
function toOwn({ userName, externalId, active, attributes }: ScimUserRecord): Values {
  return { ...(externalId === null ? {} : { externalId }), userName, ...attributes, active };
}

/** @throws ScimError `invalidValue` */
function toPerson(resource: Values, wasActive: boolean): ScimPerson {
  const { userName, externalId, active, ...attributes } = resource;
  if (typeof userName !== "string" || userName.trim() === "" || userName.length > MAX_USER_NAME)
    throw invalid("invalidValue", `userName: it needs 1 to ${MAX_USER_NAME} characters.`);
  return {
    userName: userName.trim(),
    externalId: typeof externalId === "string" ? externalId : null,
    active: typeof active === "boolean" ? active : wasActive,
    attributes,
    name: toName(resource, userName),
    email: toEmail(resource),
  };
}

/** The name that people of the workspace read. */
function toName(resource: Values, userName: string): string {
  const { formatted, givenName, familyName } = toValues(resource["name"]);
  const parts = [givenName, familyName].filter((part) => typeof part === "string").join(" ");
  const texts = [resource["displayName"], formatted, parts, userName];
  const name = texts.find((text) => typeof text === "string" && text.trim() !== "");
  const parsed = DisplayName.safeParse(String(name).trim().slice(0, MAX_NAME));
  if (!parsed.success)
    throw new ScimError(400, "invalidValue", "displayName: use visible characters in one line.");
  return parsed.data;
}

/** The main address, else that of the work, else the first one. Null: none is an address. */
function toEmail(resource: Values): string | null {
  const emails: unknown = resource["emails"];
  const items = Array.isArray(emails) ? emails.map(toValues) : [];
  const main =
    items.find(({ primary }) => primary === true) ??
    items.find(({ type }) => String(type).toLowerCase() === "work") ??
    items[0];
  return Email.safeParse(main?.["value"]).data ?? null;
}
