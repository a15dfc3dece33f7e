import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  HiddenServer,
  MarketplaceWeek,
  type CollectionInput,
  type PickInput,
} from "../../../workers/contract/api/marketplace-curation.ts";
import {
  MarketplaceReport,
  type ReportDecision,
  type ReportStatus,
} from "../../../workers/contract/api/marketplace-reports.ts";
import { ServerSummary } from "../../../workers/contract/api/marketplace.ts";
import { request, requestNoContent, toQuery } from "./request.ts";

/** Key of all queries of the marketplace: each change of a curator shows on its pages, too. */
export const MARKETPLACE_KEY = ["marketplace"];

const PAGE = 25;
const FOUND = 8;

function pagesQuery<T extends z.ZodType>(
  item: T,
  path: string,
  parameters: Record<string, string> = {},
) {
  const schema = z.object({ items: z.array(item), nextCursor: z.string().nullable() });
  return infiniteQueryOptions({
    queryKey: [...MARKETPLACE_KEY, "curation", path, parameters],
    queryFn: ({ pageParam }) =>
      request(
        schema,
        "GET",
        `${path}${toQuery({ ...parameters, limit: PAGE, cursor: pageParam })}`,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
}

/** Query: the servers of the weeks, the latest first, in pages. */
export const weeksQuery = pagesQuery(MarketplaceWeek, "/marketplace/weeks");

/** Query: the hidden servers, the last hidden first, in pages. */
export const hiddenServersQuery = pagesQuery(HiddenServer, "/marketplace/hidden-servers");

/** Query: reports of wrong data, newest first, in pages. */
export const reportsQuery = (status: ReportStatus) =>
  pagesQuery(MarketplaceReport, "/marketplace/reports", { status });

/** Query: the servers that words find, the best first. */
export const foundServersQuery = (words: string) =>
  queryOptions({
    queryKey: [...MARKETPLACE_KEY, "found", words],
    queryFn: () =>
      request(
        z.object({ items: z.array(ServerSummary) }),
        "GET",
        `/marketplace/servers${toQuery({ q: words, limit: FOUND })}`,
      ),
    enabled: words !== "",
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** Picks the server of a week, such as `2026-W48`. */
export function savePick(week: string, pick: z.input<typeof PickInput>) {
  return request(MarketplaceWeek, "PUT", `/marketplace/weeks/${week}`, pick);
}

/** Withdraws the pick for a week. */
export function deletePick(week: string): Promise<void> {
  return requestNoContent("DELETE", `/marketplace/weeks/${week}`);
}

/** Creates a collection, or replaces it. */
export function saveCollection(slug: string, input: z.input<typeof CollectionInput>) {
  return requestNoContent("PUT", toCollectionPath(slug), input);
}

/** Deletes a collection. */
export function deleteCollection(slug: string): Promise<void> {
  return requestNoContent("DELETE", toCollectionPath(slug));
}

function toCollectionPath(slug: string): string {
  return `/marketplace/collections/${encodeURIComponent(slug)}`;
}

/** Hides a server, or changes the reason. `name`: with its namespace. */
export function hideServer(name: string, reason: string) {
  return request(HiddenServer, "PUT", toHiddenPath(name), { reason });
}

/** Shows a hidden server again. */
export function unhideServer(name: string): Promise<void> {
  return requestNoContent("DELETE", toHiddenPath(name));
}

function toHiddenPath(name: string): string {
  return `/marketplace/hidden-servers/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** Closes an open report. */
export function decideReport(id: string, decision: z.input<typeof ReportDecision>): Promise<void> {
  return requestNoContent("POST", `/marketplace/reports/${id}/decision`, decision);
}
