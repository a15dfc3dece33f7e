import { expect } from "vitest";
import { send } from "./gateway-client.ts";
import { manage, type Json } from "./management-client.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export interface ScimResponse {
  status: number;
  headers: Headers;
  body: Json;
}

/** A directory that provisions a workspace, to the letter of RFC 7644. */
export class ScimClient {
  readonly slug: string;
  token: string;
  tokenId: string;

  private constructor(slug: string, token: string, tokenId: string) {
    this.slug = slug;
    this.token = token;
    this.tokenId = tokenId;
  }

  /** Makes a token of the workspace. */
  static async open(slug: string, label = "Directory"): Promise<ScimClient> {
    const made = await manage("POST", `/workspaces/${slug}/scim/tokens`, { label });
    if (made.status !== 201) throw new Error(made.text);
    return new ScimClient(slug, made.body.token, made.body.record.id);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ScimResponse> {
    const response = await send(`/scim/v2/${this.slug}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        accept: "application/scim+json",
        "content-type": "application/scim+json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type");
    if (text !== "" && type !== "application/scim+json") throw new Error(`content type ${type}`);
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  }

  /** Makes a user; returns the resource. */
  async createUser(user: Record<string, unknown>): Promise<Json> {
    const made = await this.send("POST", "/Users", { schemas: [USER], ...user });
    if (made.status !== 201) throw new Error(made.body.detail);
    return made.body;
  }

  /** Makes a group; returns the resource. */
  async createGroup(displayName: string, ids: string[] = [], fields = {}): Promise<Json> {
    const members = ids.map((value) => ({ value }));
    const made = await this.send("POST", "/Groups", {
      schemas: [GROUP],
      displayName,
      members,
      ...fields,
    });
    if (made.status !== 201) throw new Error(made.body.detail);
    return made.body;
  }

  patch(path: string, operations: object[], headers: Record<string, string> = {}) {
    return this.send("PATCH", path, { schemas: [PATCH_OP], Operations: operations }, headers);
  }

  /** The resources that pass a filter. */
  async find(path: string, filter: string): Promise<Json[]> {
    const { status, body } = await this.send("GET", `${path}?filter=${encodeURIComponent(filter)}`);
    if (status !== 200) throw new Error(`${filter}: ${body.detail}`);
    return body.Resources;
  }
}

/** Status and type of an error, whose body has the form of RFC 7644, section 3.12. */
export function errorOf({ status, body }: ScimResponse): string {
  expect(body).toMatchObject({ schemas: [ERROR], status: String(status) });
  expect(typeof body.detail).toBe("string");
  return [status, body.scimType].filter(Boolean).join(" ");
}
