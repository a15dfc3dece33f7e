import { matches, type ScimContext } from "./context.ts";
import {
  createGroup,
  deleteGroup,
  listGroups,
  patchGroup,
  readGroup,
  replaceGroup,
} from "./groups.ts";
import { readQuery, readSearch, toPage, type ListQuery } from "./list.ts";
import { project, toProjection, type Projection } from "./projection.ts";
import { toValues, type Values } from "./read-resource.ts";
import { GROUP_SCHEMA, USER_SCHEMA, type ResourceSchema } from "./schemas.ts";
import { ScimError } from "./scim-error.ts";
import { createUser, deleteUser, listUsers, patchUser, readUser, replaceUser } from "./users.ts";

/** A request about resources. `id` null: about all of them. */
export interface ScimRequest {
  context: ScimContext;
  method: string;
  id: string | null;
  headers: Headers;
  parameters: Record<string, string>;
  readBody: () => Promise<unknown>;
  respond: (status: number, body: Values | null, headers?: Record<string, string>) => Response;
}

/** What can be done with resources of one type. */
interface Operations {
  schema: ResourceSchema;
  list: (context: ScimContext, query: ListQuery) => Promise<Values[]>;
  read: (context: ScimContext, id: string) => Promise<Values>;
  create: (context: ScimContext, body: unknown) => Promise<Values>;
  replace: Change;
  patch: Change;
  remove: (context: ScimContext, id: string, ifMatch: string | null) => Promise<void>;
}

type Change = (
  context: ScimContext,
  id: string,
  body: unknown,
  ifMatch: string | null,
) => Promise<Values>;

const USERS: Operations = {
  schema: USER_SCHEMA,
  list: listUsers,
  read: readUser,
  create: createUser,
  replace: replaceUser,
  patch: patchUser,
  remove: deleteUser,
};

const GROUPS: Operations = {
  schema: GROUP_SCHEMA,
  list: listGroups,
  read: readGroup,
  create: createGroup,
  replace: replaceGroup,
  patch: patchGroup,
  remove: deleteGroup,
};

/** `/Users` and what is below it. */
export function respondUsers(request: ScimRequest): Promise<Response> {
  return respond(request, USERS);
}

/** `/Groups` and what is below it. */
export function respondGroups(request: ScimRequest): Promise<Response> {
  return respond(request, GROUPS);
}

/** `POST /.search`: users, then groups. A filter must fit both. */
export async function respondSearch(request: ScimRequest): Promise<Response> {
  if (request.method !== "POST" || request.id !== null) throw notAllowed();
  const query = readSearch(await request.readBody());
  const found: { schema: ResourceSchema; resource: Values }[] = [];
  for (const { schema, list } of [USERS, GROUPS])
    for (const resource of await list(request.context, query)) found.push({ schema, resource });
  const page = toPage(query, found, ({ schema, resource }) =>
    project(schema, query.projection, resource),
  );
  return request.respond(200, page);
}

async function respond(request: ScimRequest, operations: Operations): Promise<Response> {
  const { method, id, context } = request;
  if (id === null) return respondAll(request, operations);
  if (id === ".search") {
    if (method !== "POST") throw notAllowed();
    return respondList(request, operations, readSearch(await request.readBody()));
  }
  const ifMatch = request.headers.get("if-match");
  switch (method) {
    case "GET":
      return respondOne(request, operations, await operations.read(context, id));
    case "PUT": {
      const body = await request.readBody();
      return toOne(request, operations, 200, await operations.replace(context, id, body, ifMatch));
    }
    case "PATCH": {
      const body = await request.readBody();
      return toOne(request, operations, 200, await operations.patch(context, id, body, ifMatch));
    }
    case "DELETE":
      await operations.remove(context, id, ifMatch);
      return request.respond(204, null);
    default:
      throw notAllowed();
  }
}

async function respondAll(request: ScimRequest, operations: Operations): Promise<Response> {
  const { method, context, parameters } = request;
  if (method === "GET") return respondList(request, operations, readQuery(parameters));
  if (method !== "POST") throw notAllowed();
  const resource = await operations.create(context, await request.readBody());
  return toOne(request, operations, 201, resource);
}

async function respondList(
  { context, respond: toResponse }: ScimRequest,
  { schema, list }: Operations,
  query: ListQuery,
): Promise<Response> {
  const all = await list(context, query);
  return toResponse(
    200,
    toPage(query, all, (resource) => project(schema, query.projection, resource)),
  );
}

function respondOne(request: ScimRequest, operations: Operations, resource: Values): Response {
  const ifNoneMatch = request.headers.get("if-none-match");
  const { version } = toValues(resource["meta"]);
  if (ifNoneMatch !== null && matches(ifNoneMatch, String(version)))
    return request.respond(304, null, { etag: String(version) });
  return toOne(request, operations, 200, resource);
}

function toOne(
  { parameters, respond: toResponse }: ScimRequest,
  { schema }: Operations,
  status: number,
  resource: Values,
): Response {
  const projection: Projection = toProjection(
    parameters["attributes"],
    parameters["excludedAttributes"],
  );
  const { version, location } = toValues(resource["meta"]);
  const headers = { etag: String(version), location: String(location) };
  return toResponse(status, project(schema, projection, resource), headers);
}

function notAllowed(): ScimError {
  return new ScimError(405, null, "This address does not take this method.");
}
