import {
  EndpointResults,
  ReadEntries,
  type EndpointResult,
  type EntriesInput,
} from "../../../workers/contract/api/workshop-check.ts";
import type { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";
import { request } from "./request.ts";

/** Reads the marketplace's entries of packages and addresses. Nothing else of a configuration is sent. */
export async function readEntries(lookUps: EntriesInput): Promise<ServerDocument[]> {
  const { items } = await request(ReadEntries, "POST", "/workshop/entries", lookUps);
  return items.map(({ document }) => document);
}

/** Asks addresses whether an MCP server is there. */
export async function checkEndpoints(urls: readonly string[]): Promise<EndpointResult[]> {
  const { items } = await request(EndpointResults, "POST", "/workshop/check-endpoints", { urls });
  return items;
}
