import type { Era, LegacyLeg, Transport } from "../records/workspace.ts";

/** The tools, prompts, resources and templates of one server, as the server's own JSON texts. */
export interface ToolCatalogue {
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
  tools: CatalogueItem[];
  prompts: CatalogueItem[];
  resources: CatalogueItem[];
  templates: CatalogueItem[];
  /** Sentences for the admin about items that were left out, with the reason. */
  warnings: string[];
}

/** One tool, prompt, resource or template. */
export interface CatalogueItem {
  /** Name of the tool or prompt, URI of the resource, or URI template. */
  key: string;
  /** The item's JSON object, exactly as the server sent it. */
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

/** The result of one check of a server: by a catalogue refresh, by the cron, or after its registration. */
export interface ServerCheck {
  /** Epoch ms. */
  checkedAt: number;
  latencyMs: number;
  /** Null: the check succeeded. */
  error: UpstreamError | null;
}

/**
 * A failure of an upstream: a stable code, and a sentence for the admin. Contains no secret and no text of the
 * upstream.
 */
export interface UpstreamError {
  code: UpstreamErrorCode;
  message: string;
  /** The HTTP status, if the upstream sent a response. */
  status?: number;
}

/** The stable codes of upstream failures, as in audit rows and check results. */
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

/** A tool with its exposed name; `name` and `json` are the server's own. */
export interface ExposedTool {
  serverSlug: string;
  serverName: string;
  exposedName: string;
  name: string;
  json: string;
}
