/** URNs of RFC 7643 and RFC 7644. */
export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** An attribute as RFC 7643, section 7 describes it. */
export interface Attribute {
  name: string;
  type: "string" | "boolean" | "complex" | "reference" | "dateTime";
  description: string;
  multiValued: boolean;
  required: boolean;
  caseExact: boolean;
  mutability: "readWrite" | "readOnly" | "immutable";
  returned: "default" | "always";
  uniqueness: "none" | "server";
  subAttributes: Attribute[];
  referenceTypes?: string[];
}

/** The attributes of a resource type. `extensions`: by URN. `notKept`: of RFC 7643, accepted and not kept. */
export interface ResourceSchema {
  urn: string;
  name: "User" | "Group";
  attributes: Attribute[];
  extensions: Map<string, Attribute[]>;
  notKept: Set<string>;
}

function attribute(name: string, description: string, fields: Partial<Attribute> = {}): Attribute {
  return {
    name,
    description,
    type: "string",
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    subAttributes: [],
    ...fields,
  };
}

const READ_ONLY = { mutability: "readOnly" } as const;
const reference = (types: string[]) =>
  ({ type: "reference", caseExact: true, referenceTypes: types }) as const;

/** Attributes of every resource (RFC 7643, section 3.1). They are in no schema. */
const COMMON: Attribute[] = [
  attribute("id", "Id", { ...READ_ONLY, caseExact: true, returned: "always" }),
  attribute("externalId", "Id in the directory", { caseExact: true }),
  attribute("meta", "Metadata", {
    ...READ_ONLY,
    type: "complex",
    subAttributes: [
      attribute("resourceType", "Type", { ...READ_ONLY, caseExact: true }),
      attribute("created", "Created", { ...READ_ONLY, type: "dateTime" }),
      attribute("lastModified", "Changed", { ...READ_ONLY, type: "dateTime" }),
      attribute("location", "Address", { ...READ_ONLY, ...reference(["uri"]) }),
      attribute("version", "Version", { ...READ_ONLY, caseExact: true }),
    ],
  }),
];

const USER_ATTRIBUTES: Attribute[] = [
  attribute("userName", "Name with which the person signs in", {
    required: true,
    uniqueness: "server",
  }),
  attribute("name", "Parts of the name", {
    type: "complex",
    subAttributes: [
      attribute("formatted", "Whole name"),
      attribute("familyName", "Family name"),
      attribute("givenName", "Given name"),
      attribute("middleName", "Middle name"),
      attribute("honorificPrefix", "Title before the name"),
      attribute("honorificSuffix", "Suffix after the name"),
    ],
  }),
  attribute("displayName", "Name that people read"),
  attribute("nickName", "Casual name"),
  attribute("profileUrl", "Address of a profile", reference(["external"])),
  attribute("title", "Title"),
  attribute("userType", "Kind of user"),
  attribute("preferredLanguage", "Preferred language"),
  attribute("locale", "Locale"),
  attribute("timezone", "Time zone"),
  attribute("active", "Whether the person has access", { type: "boolean" }),
  attribute("emails", "E-mail addresses", {
    type: "complex",
    multiValued: true,
    subAttributes: [
      attribute("value", "Address"),
      attribute("display", "Name"),
      attribute("type", "Kind"),
      attribute("primary", "Whether it is the main address", { type: "boolean" }),
    ],
  }),
  attribute("groups", "Groups of the person", {
    ...READ_ONLY,
    type: "complex",
    multiValued: true,
    subAttributes: [
      attribute("value", "Id of the group", { ...READ_ONLY, caseExact: true }),
      attribute("$ref", "Address of the group", { ...READ_ONLY, ...reference(["Group"]) }),
      attribute("display", "Name of the group", READ_ONLY),
    ],
  }),
];

const ENTERPRISE_ATTRIBUTES: Attribute[] = [
  attribute("employeeNumber", "Number of the employee"),
  attribute("costCenter", "Cost center"),
  attribute("organization", "Organization"),
  attribute("division", "Division"),
  attribute("department", "Department"),
  attribute("manager", "Manager", {
    type: "complex",
    subAttributes: [
      attribute("value", "Id of the manager", { caseExact: true }),
      attribute("$ref", "Address of the manager", reference(["User"])),
      attribute("displayName", "Name of the manager", READ_ONLY),
    ],
  }),
];

const GROUP_ATTRIBUTES: Attribute[] = [
  attribute("displayName", "Name of the team", { required: true, uniqueness: "server" }),
  attribute("members", "Members", {
    type: "complex",
    multiValued: true,
    subAttributes: [
      attribute("value", "Id of the user", { caseExact: true, mutability: "immutable" }),
      attribute("$ref", "Address of the user", {
        ...reference(["User"]),
        mutability: "immutable",
      }),
      attribute("type", "Kind", { mutability: "immutable" }),
      attribute("display", "Name", READ_ONLY),
    ],
  }),
];

/** Attributes of RFC 7643, section 4.1, which the gateway has no use for. */
const NOT_KEPT = [
  "password",
  "phonenumbers",
  "ims",
  "photos",
  "addresses",
  "entitlements",
  "roles",
  "x509certificates",
];

/** What a user has. */
export const USER_SCHEMA: ResourceSchema = {
  urn: USER,
  name: "User",
  attributes: [...COMMON, ...USER_ATTRIBUTES],
  extensions: new Map([[ENTERPRISE, ENTERPRISE_ATTRIBUTES]]),
  notKept: new Set(NOT_KEPT),
};

/** What a group has. */
export const GROUP_SCHEMA: ResourceSchema = {
  urn: GROUP,
  name: "Group",
  attributes: [...COMMON, ...GROUP_ATTRIBUTES],
  extensions: new Map(),
  notKept: new Set(),
};

/** The schemas that `/Schemas` lists. */
export const LISTED_SCHEMAS = [
  { id: USER, name: "User", description: "A person", attributes: USER_ATTRIBUTES },
  { id: GROUP, name: "Group", description: "A team", attributes: GROUP_ATTRIBUTES },
  {
    id: ENTERPRISE,
    name: "EnterpriseUser",
    description: "What a company knows of a person",
    attributes: ENTERPRISE_ATTRIBUTES,
  },
];

/** Where an attribute is in a resource. `extension`: its URN; null: of the core schema. */
export interface AttributePath {
  extension: string | null;
  attribute: Attribute;
  sub: Attribute | null;
}

/** Finds an attribute by its name, without regard to case. */
export function findAttribute(attributes: Attribute[], name: string): Attribute | undefined {
  const key = name.toLowerCase();
  return attributes.find((candidate) => candidate.name.toLowerCase() === key);
}

/** Resolves `name`, `name.sub` or either with a schema’s URN before it. `not_kept`: accepted, without a value. Null: unknown. */
export function resolvePath(
  schema: ResourceSchema,
  text: string,
): AttributePath | "not_kept" | null {
  const colon = text.lastIndexOf(":");
  const urn = colon > 0 ? text.slice(0, colon).toLowerCase() : schema.urn.toLowerCase();
  const extension = [...schema.extensions].find(([known]) => known.toLowerCase() === urn);
  const attributes = urn === schema.urn.toLowerCase() ? schema.attributes : extension?.[1];
  if (!attributes) return null;
  const [name = "", subName, ...rest] = text.slice(colon + 1).split(".");
  if (rest.length > 0) return null;
  if (!extension && schema.notKept.has(name.toLowerCase())) return "not_kept";
  const found = findAttribute(attributes, name);
  if (!found) return null;
  const sub = subName === undefined ? null : findAttribute(found.subAttributes, subName);
  return sub === undefined ? null : { extension: extension?.[0] ?? null, attribute: found, sub };
}
