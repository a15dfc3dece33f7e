import type { Era, LegacyLeg, Transport } from "../records/workspace.ts";

/** What a server offers, as its own JSON texts: names and URIs are lifted out, the rest is passed on unread. */
export interface ToolCatalogue {
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
  tools: CatalogueItem[];
  prompts: CatalogueItem[];
  resources: CatalogueItem[];
  templates: CatalogueItem[];
  /** What was left out and why, for the admin: "tool x: its x-mcp-header annotation is invalid". */
  warnings: string[];
}

export interface CatalogueItem {
  /** Tool or prompt name, resource URI, or URI template. */
  key: string;
  /** The item's JSON object, an exact text as the server sent it. */
  json: string;
}

/** What a probe found out about a server. */
export interface Detected {
  transport: Transport;
  era: Era;
  protocolVersion: string;
  stateful: boolean;
  /** How a modern server also speaks the legacy era; null: it does not. */
  legacy: LegacyLeg | null;
}

/** Outcome of one look at a server: by the catalogue refresh, the cron check or the probe at registration. */
export interface ServerCheck {
  checkedAt: number;
  latencyMs: number;
  /** Null when the server answered. */
  error: UpstreamError | null;
}

/** A failure of an upstream in two registers: a stable code, and a sentence that an admin can act on. Holds no secret and no upstream text. */
export interface UpstreamError {
  code: UpstreamErrorCode;
  message: string;
  /** The upstream's HTTP status, if one arrived. */
  status?: number;
}

export type UpstreamErrorCode =
  | "upstream_unreachable"
  | "upstream_timeout"
  | "upstream_unauthorized"
  | "upstream_forbidden_address"
  | "upstream_redirect"
  | "upstream_http_error"
  | "upstream_bad_response"
  | "upstream_too_large"
  | "credential_unreadable";

/** A tool as its server describes it; `json` is the server's own text. */
export interface ExposedTool {
  serverSlug: string;
  serverName: string;
  exposedName: string;
  name: string;
  json: string;
}
