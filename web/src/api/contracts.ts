import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  ContractSummary,
  McpLock,
  ServerContract,
} from "../../../workers/contract/api/contracts.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

const Summaries = z.object({ items: z.array(ContractSummary) }).transform(({ items }) => items);

/** Key of everything about contracts in a workspace. */
const contractsKey = (slug: string) => workspaceKey(slug, "contracts");

/** Query: the servers of a workspace with the numbers of their changes. */
export const contractsQuery = (slug: string) =>
  queryOptions({
    queryKey: contractsKey(slug),
    queryFn: () => request(Summaries, "GET", `/workspaces/${slug}/contracts`),
  });

/** Query: the contract of one server, and what it shows that differs. */
export const contractQuery = (slug: string, server: string) =>
  queryOptions({
    queryKey: [...contractsKey(slug), server],
    queryFn: () => request(ServerContract, "GET", `/workspaces/${slug}/servers/${server}/contract`),
  });

/** The approved contracts of a workspace, as a file. */
export async function readLockFile(slug: string): Promise<string> {
  const lock = await request(McpLock, "GET", `/workspaces/${slug}/mcp.lock`);
  return `${JSON.stringify(lock, null, 2)}\n`;
}
