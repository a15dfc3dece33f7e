import { MAX_LIST_PAGES } from "../workers/contract/limits.ts";
import type { ParamHeader } from "../workers/contract/rpc/admission.ts";
import { findParamHeaders } from "../workers/mcp/headers.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import type { Connection, RequestResult } from "./connection.ts";

/** What the bridge needs to know of a tool. */
export interface ToolFacts {
  isReadOnly: boolean;
  /** Arguments that clients of the stateless era repeat in headers. */
  paramHeaders: ParamHeader[];
}

const LIST_TIMEOUT_MS = 10_000;

/** The server's tools, listed when first needed and again after they changed. */
export class Tools {
  readonly #connection: Connection;
  #facts: Promise<Map<string, ToolFacts>> | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  forget(): void {
    this.#facts = null;
  }

  /** Undefined for a tool that the server does not list, or when it cannot list any. */
  async find(name: string | null): Promise<ToolFacts | undefined> {
    this.#facts ??= this.#list();
    return (await this.#facts).get(name ?? "");
  }

  async #list(): Promise<Map<string, ToolFacts>> {
    const facts = new Map<string, ToolFacts>();
    const listed = await listAllTools((params) => this.#page(params));
    if (listed.kind === "failed") this.#facts = null;
    for (const tool of listed.kind === "tools" ? listed.tools : []) {
      if (!isObject(tool) || typeof tool["name"] !== "string") continue;
      const annotations = isObject(tool["annotations"]) ? tool["annotations"] : {};
      const paramHeaders = findParamHeaders(tool["inputSchema"]);
      facts.set(tool["name"], {
        isReadOnly: annotations["readOnlyHint"] === true,
        paramHeaders: paramHeaders === "invalid" ? [] : paramHeaders,
      });
    }
    return facts;
  }

  #page(params: string | null): Promise<RequestResult> {
    return this.#connection.request("tools/list", () => params, {
      onProgress: () => undefined,
      signal: AbortSignal.timeout(LIST_TIMEOUT_MS),
    });
  }
}

export type ToolList =
  | { kind: "tools"; tools: unknown[] }
  | { kind: "failed"; outcome: Exclude<RequestResult, { kind: "result" }> };

/** Every page of the tool list. */
export async function listAllTools(
  page: (params: string | null) => Promise<RequestResult>,
): Promise<ToolList> {
  const tools: unknown[] = [];
  let params: string | null = null;
  for (let pages = 0; pages < MAX_LIST_PAGES; pages++) {
    const outcome = await page(params);
    if (outcome.kind !== "result") return { kind: "failed", outcome };
    const result = parseJson(outcome.json);
    if (!isObject(result)) break;
    if (Array.isArray(result["tools"])) tools.push(...(result["tools"] as unknown[])); // isArray gives any[]
    if (typeof result["nextCursor"] !== "string") break;
    params = JSON.stringify({ cursor: result["nextCursor"] });
  }
  return { kind: "tools", tools };
}
