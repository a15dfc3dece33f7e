import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  Collection,
  CollectionSummary,
  ServerOfTheWeek,
} from "../../../workers/contract/api/marketplace-curation.ts";
import type { ReportInput } from "../../../workers/contract/api/marketplace-reports.ts";
import { toServerPath } from "./marketplace-paths.ts";
import { request, requestNoContent } from "./request.ts";

const Collections = z.object({ items: z.array(CollectionSummary) });

/** The operator changes them by the day. */
const STALE_MS = 600_000;

/** Query: the server of the week. */
export const serverOfTheWeekQuery = queryOptions({
  queryKey: ["marketplace", "server-of-the-week"],
  queryFn: () => request(ServerOfTheWeek, "GET", "/marketplace/server-of-the-week"),
  staleTime: STALE_MS,
});

/** Query: the operator's collections and starter packs. */
export const collectionsQuery = queryOptions({
  queryKey: ["marketplace", "collections"],
  queryFn: () => request(Collections, "GET", "/marketplace/collections"),
  staleTime: STALE_MS,
});

/** Query: a collection with its servers. */
export const collectionQuery = (slug: string) =>
  queryOptions({
    queryKey: ["marketplace", "collections", slug],
    queryFn: () =>
      request(Collection, "GET", `/marketplace/collections/${encodeURIComponent(slug)}`),
    staleTime: STALE_MS,
  });

/** Sends a report of wrong data of a server to the operator. `name`: with its namespace. */
export function reportServer(name: string, report: z.input<typeof ReportInput>): Promise<void> {
  return requestNoContent("POST", `${toServerPath(name)}/reports`, report);
}
