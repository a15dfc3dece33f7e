import { MAX_LIST_PAGES } from "../workers/contract/limits.ts";
import type { ParamHeader } from "../workers/contract/rpc/admission.ts";
import { findParamHeaders } from "../workers/mcp/headers.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import type { Connection, RequestResult } from "./connection.ts";

/** The properties of a tool that the bridge uses. */
export interface ToolProperties {
  /** `annotations.readOnlyHint` is true. */
  isReadOnly: boolean;
  /** Arguments that modern clients repeat in `Mcp-Param-*` headers. */
  paramHeaders: ParamHeader[];
}

/** Longest wait for one page of the tool list. */
const LIST_TIMEOUT_MS = 10_000;

/** The server's tools: listed when first needed, and again after a list_changed notification. */
export class KnownTools {
  readonly #connection: Connection;
  #properties: Promise<Map<string, ToolProperties>> | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The next `find` lists the tools again. */
  invalidate(): void {
    this.#properties = null;
  }

  /** Undefined: the server does not list the tool, or its tool list failed. */
  async find(name: string | null): Promise<ToolProperties | undefined> {
    this.#properties ??= this.#list();
    return (await this.#properties).get(name ?? "");
  }

  async #list(): Promise<Map<string, ToolProperties>> {
    const properties = new Map<string, ToolProperties>();
    const list = await listAllTools((params) => this.#requestPage(params));
    if (list.kind === "failed") this.#properties = null;
    for (const tool of list.kind === "tools" ? list.tools : []) {
      if (!isObject(tool) || typeof tool["name"] !== "string") continue;
      const annotations = isObject(tool["annotations"]) ? tool["annotations"] : {};
      const paramHeaders = findParamHeaders(tool["inputSchema"]);
      properties.set(tool["name"], {
        /** `annotations.readOnlyHint` is true. */
        isReadOnly: annotations["readOnlyHint"] === true,
        paramHeaders: paramHeaders === "invalid" ? [] : paramHeaders,
      });
    }
    return properties;
  }

  #requestPage(params: string | null): Promise<RequestResult> {
    return this.#connection.request("tools/list", () => params, {
      onProgress: () => undefined,
      signal: AbortSignal.timeout(LIST_TIMEOUT_MS),
    });
  }
}

/** All tools, or the error of the page that failed. */
export type ToolListResult =
  | { kind: "tools"; tools: unknown[] }
  | { kind: "failed"; result: Exclude<RequestResult, { kind: "result" }> };

/** Requests all pages of the tool list. */
export async function listAllTools(
  requestPage: (params: string | null) => Promise<RequestResult>,
): Promise<ToolListResult> {
  const tools: unknown[] = [];
  let params: string | null = null;
  for (let pages = 0; pages < MAX_LIST_PAGES; pages++) {
    const result = await requestPage(params);
    if (result.kind !== "result") return { kind: "failed", result };
    const content = parseJson(result.json);
    if (!isObject(content)) break;
    if (Array.isArray(content["tools"])) tools.push(...(content["tools"] as unknown[])); // isArray gives any[]
    if (typeof content["nextCursor"] !== "string") break;
    params = JSON.stringify({ cursor: content["nextCursor"] });
  }
  return { kind: "tools", tools };
}
