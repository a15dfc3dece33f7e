import type { AcceptedCapabilities, Era, LegacyLeg, Transport } from "../records/workspace.ts";

/** The lists of a catalogue, the most important first. */
export const LIST_KINDS = ["tools", "prompts", "resources", "templates", "skills"] as const;
/** One of the lists. */
export type ListKind = (typeof LIST_KINDS)[number];

/** A catalogue without its lists. */
export type CatalogueHead = Omit<ToolCatalogue, ListKind>;

/** The tools, prompts, resources, templates and skills of one server, in a shape that all clients accept. */
export interface ToolCatalogue {
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
  /** How much of a client's capabilities a legacy server accepts. Absent in catalogues of earlier versions: all. */
  accepted?: AcceptedCapabilities;
  tools: CatalogueItem[];
  prompts: CatalogueItem[];
  resources: CatalogueItem[];
  templates: CatalogueItem[];
  skills: CatalogueItem[];
  /** If the server is a gateway like this one: the ids of the gateways that it leads to, its own included. Absent: none. */
  leadsTo?: string[];
  /** Lists that the server did not send although it has them; their items are not known. */
  unread?: ListKind[];
  /** Sentences for the admin about items that were repaired or left out, with the reason. */
  warnings: string[];
}

/** One tool, prompt, resource, template or skill. */
export interface CatalogueItem {
  /** Name of the tool or prompt, URI of the resource, URI template, or URI of the skill's SKILL.md. */
  key: string;
  /** The item's JSON object. Numbers have the digits that the server sent. */
  json: string;
}

/** The result of a probe of a server. */
export interface Detected {
  transport: Transport;
  era: Era;
  protocolVersion: string;
  stateful: boolean;
  /** How a modern server also speaks the legacy era; null: it does not, or was not probed for it. */
  legacy: LegacyLeg | null;
}

/** The result of one check of a server: by a catalogue refresh, by the object's alarm, or at an admin's request. */
export interface ServerCheck {
  /** Epoch ms. */
  checkedAt: number;
  latencyMs: number;
  /** Null: the check succeeded. */
  error: UpstreamError | null;
}

/**
 * A failure of an upstream: a stable code, and a sentence for the admin, which can quote the server's own words. Contains
 * no secret.
 */
export interface UpstreamError {
  code: UpstreamErrorCode;
  message: string;
  /** The HTTP status, if the upstream sent a response. */
  status?: number;
  /** Of `needs_sign_in`: the authorization server. */
  issuer?: string;
  /** What is the matter with an account or key that was connected, without who can mend it. */
  cause?: string;
  /** Time until a call to a server that is down is sent again. */
  retryAfterSeconds?: number;
}

/** The stable codes of upstream failures, as in audit rows and check results. */
export type UpstreamErrorCode =
  | "upstream_unreachable"
  | "upstream_timeout"
  | "upstream_unauthorized"
  | "upstream_forbidden_address"
  | "upstream_redirect"
  | "upstream_loop"
  | "upstream_http_error"
  | "upstream_bad_response"
  | "upstream_too_large"
  | "upstream_flood"
  /** The server is down, and the call was not sent (`CircuitBreakers`). */
  | "upstream_circuit_open"
  | "credential_unreadable"
  /** The server wants a sign-in (OAuth), and there is none, or it does not work any more. */
  | "needs_sign_in"
  /** The server has refused the call for scopes that the gateway's sign-in does not have (RFC 6750, section 3.1). */
  | "needs_permission"
  /** The person whose call it is has no account at the server, or that has to be connected again. */
  | "needs_account"
  /** The access token has expired, and the authorization server does not answer. */
  | "sign_in_server_down";

/** A tool of one server with its exposed name; `name` and `json` are the server's own. */
export interface ListedTool {
  exposedName: string;
  name: string;
  json: string;
  /** When the server first listed it, epoch ms; null: it was in the server's first list. Absent: not known. */
  firstListedAt?: number | null;
  /** Number of members who may call it. Absent: not known, or not for the reader. */
  allowedMembers?: number;
}

/** A tool or prompt whose exposed name a change would replace. */
export interface NameChange {
  kind: "tool" | "prompt";
  serverSlug: string;
  /** The server's own name. */
  name: string;
  before: string;
  after: string;
}

/** A tool with its server. */
export interface ExposedTool extends ListedTool {
  serverSlug: string;
  serverName: string;
}
