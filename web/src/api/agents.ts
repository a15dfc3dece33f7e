import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Agent } from "../../../workers/contract/api/agents.ts";
import { request, toQuery } from "./request.ts";
import { EventPage, workspaceKey } from "./workspace.ts";

const Agents = z.object({ items: z.array(Agent) });
/** The first refusal of a minute is in the audit log, so this is at least the last quarter of an hour with refusals. */
const REFUSALS = 15;

/** Query: a workspace's agents with their trust rules, oldest first. */
export const agentsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "agents"),
    queryFn: async () => (await request(Agents, "GET", `/workspaces/${slug}/agents`)).items,
  });

/** Query: the last refusals of workloads' tokens in a workspace, newest first. */
export const refusedWorkloadsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "audit-events", "workload_token.refused"),
    queryFn: async () => {
      const query = toQuery({ action: "workload_token.refused", limit: REFUSALS });
      return (await request(EventPage, "GET", `/workspaces/${slug}/audit-events${query}`)).items;
    },
  });
