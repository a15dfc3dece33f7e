import { LIST_RESPONSE, MAX_RESULTS } from "./list.ts";
import type { Values } from "./read-resource.ts";
import { ENTERPRISE, GROUP, LISTED_SCHEMAS, USER, type Attribute } from "./schemas.ts";
import { noResource } from "./scim-error.ts";

const CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/** What the service supports (RFC 7643, section 5). */
export function toServiceProviderConfig(base: string): Values {
  return {
    schemas: [CONFIG],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: MAX_RESULTS },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Bearer token",
        description: "A token that an owner of the workspace has made",
        specUri: "https://www.rfc-editor.org/rfc/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  };
}

/** The resource types, or the one with this id (RFC 7643, section 6). */
export function toResourceTypes(base: string, id: string | null): Values {
  const toType = (name: string, schema: string, extensions: string[]) => ({
    schemas: [RESOURCE_TYPE],
    id: name,
    name,
    endpoint: `/${name}s`,
    description: name === "User" ? "A person" : "A team",
    schema,
    schemaExtensions: extensions.map((urn) => ({ schema: urn, required: false })),
    meta: { resourceType: "ResourceType", location: `${base}/ResourceTypes/${name}` },
  });
  return toListOrOne([toType("User", USER, [ENTERPRISE]), toType("Group", GROUP, [])], id);
}

/** The schemas, or the one with this URN (RFC 7643, section 7). */
export function toSchemas(base: string, id: string | null): Values {
  const schemas = LISTED_SCHEMAS.map(({ attributes, ...schema }) => ({
    schemas: [SCHEMA],
    ...schema,
    attributes: attributes.map(describe),
    meta: { resourceType: "Schema", location: `${base}/Schemas/${schema.id}` },
  }));
  return toListOrOne(schemas, id);
}

function describe({ subAttributes, ...attribute }: Attribute): Values {
  const hasParts = attribute.type === "complex";
  return { ...attribute, ...(hasParts ? { subAttributes: subAttributes.map(describe) } : {}) };
}

function toListOrOne(items: ({ id: string } & Values)[], id: string | null): Values {
  if (id === null)
    return {
      schemas: [LIST_RESPONSE],
      totalResults: items.length,
      startIndex: 1,
      itemsPerPage: items.length,
      Resources: items,
    };
  const found = items.find((item) => item.id === id);
  if (!found) throw noResource();
  return found;
}
