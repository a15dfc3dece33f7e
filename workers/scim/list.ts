import { z } from "zod";
import { passesFilter } from "./evaluate.ts";
import { parseFilter, type Filter } from "./filter.ts";
import { toProjection, type Projection } from "./projection.ts";
import type { Values } from "./read-resource.ts";
import type { ResourceSchema } from "./schemas.ts";
import { invalid } from "./scim-error.ts";

/** The schema of a list of resources (RFC 7644, section 3.4.2). */
export const LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/** Most resources of a page. */
export const MAX_RESULTS = 200;
const DEFAULT_COUNT = 100;

/** What is listed. `startIndex` begins at 1. */
export interface ListQuery {
  filter: string | null;
  startIndex: number;
  count: number;
  projection: Projection;
}

const WholeNumber = z.union([
  z.int(),
  z
    .string()
    .trim()
    .regex(/^-?\d{1,9}$/)
    .transform(Number),
]);
const Names = z.union([z.string(), z.array(z.string())]).optional();
const Query = z.looseObject({
  filter: z.string().optional(),
  startIndex: WholeNumber.optional(),
  count: WholeNumber.optional(),
  attributes: Names,
  excludedAttributes: Names,
});

/** Reads the parameters of a list. @throws ScimError */
export function readQuery(parameters: unknown): ListQuery {
  const parsed = Query.safeParse(parameters);
  if (!parsed.success)
    throw invalid("invalidValue", "startIndex and count must be whole numbers, the others text.");
  const {
    filter,
    startIndex = 1,
    count = DEFAULT_COUNT,
    attributes,
    excludedAttributes,
  } = parsed.data;
  return {
    filter: filter === undefined || filter.trim() === "" ? null : filter,
    // A value that is too low counts as the lowest one (RFC 7644, section 3.4.2.4).
    startIndex: Math.max(1, startIndex),
    count: Math.min(MAX_RESULTS, Math.max(0, count)),
    projection: toProjection(attributes, excludedAttributes),
  };
}

/** Reads the body of `POST …/.search`. @throws ScimError */
export function readSearch(body: unknown): ListQuery {
  const request = z.looseObject({ schemas: z.array(z.string()) }).safeParse(body);
  if (!request.success || !request.data.schemas.includes(SEARCH_REQUEST))
    throw invalid("invalidSyntax", `The body needs “schemas” with ${SEARCH_REQUEST}.`);
  return readQuery(request.data);
}

/** Parses the filter of a list; null: there is none. */
export function readFilter({ filter }: ListQuery, schema: ResourceSchema): Filter | null {
  return filter === null ? null : parseFilter(filter, schema);
}

/** The resources that pass a filter. */
export function select(filter: Filter | null, resources: Values[]): Values[] {
  return filter === null
    ? resources
    : resources.filter((resource) => passesFilter(filter, resource));
}

/** The page of a list. `toShown`: a resource as the response has it. */
export function toPage<T>(
  { startIndex, count }: ListQuery,
  all: T[],
  toShown: (item: T) => Values,
): Values {
  const page = all.slice(startIndex - 1, startIndex - 1 + count);
  return {
    schemas: [LIST_RESPONSE],
    totalResults: all.length,
    startIndex,
    itemsPerPage: page.length,
    ...(count === 0 ? {} : { Resources: page.map(toShown) }),
  };
}

/**
 * The value that every passing resource has in a top-level attribute, so that the database can look for it. Undefined: the filter
 * demands none.
 */
export function findDemanded(filter: Filter | null, name: string): string | undefined {
  if (filter?.kind === "and")
    return findDemanded(filter.left, name) ?? findDemanded(filter.right, name);
  if (filter?.kind !== "compare" || filter.operator !== "eq") return undefined;
  const { target, value } = filter;
  const isName = target?.keys.length === 1 && target.keys[0] === name;
  return isName && typeof value === "string" ? value : undefined;
}
