import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  AppliedConfiguration,
  Version,
  VersionComparison,
  WholeVersion,
} from "../../../workers/contract/api/versions.ts";
import { ConfigurationDocument } from "../../../workers/contract/versions/document.ts";
import { request, toQuery } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

const Versions = z.object({ items: z.array(Version), nextCursor: z.string().nullable() });
const PAGE = 50;

/** Query: the versions of a workspace, newest first. */
export const versionsQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: workspaceKey(slug, "versions", "list"),
    queryFn: ({ pageParam }) =>
      request(
        Versions,
        "GET",
        `/workspaces/${slug}/versions${toQuery({ cursor: pageParam, limit: PAGE })}`,
      ),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Query: a version as a whole, which never changes. */
export const versionQuery = (slug: string, number: number) =>
  queryOptions({
    queryKey: workspaceKey(slug, "versions", number),
    queryFn: () => request(WholeVersion, "GET", `/workspaces/${slug}/versions/${number}`),
  });

/** Query: what differs between two versions. */
export const comparisonQuery = (slug: string, from: number, to: number) =>
  queryOptions({
    queryKey: workspaceKey(slug, "versions", to, "from", from),
    queryFn: () =>
      request(
        VersionComparison,
        "GET",
        `/workspaces/${slug}/versions/${to}/comparison?from=${from}`,
      ),
  });

/** Query: the plan of a return. It is made anew whenever it is looked at. */
export const restorePlanQuery = (slug: string, number: number) =>
  queryOptions({
    queryKey: workspaceKey(slug, "versions", number, "plan"),
    queryFn: () => restoreVersion(slug, number, { dryRun: true }),
    gcTime: 0,
    staleTime: 0,
  });

/** Goes back to a version. `ifVersion`: the version of the plan that a person has seen. */
export function restoreVersion(
  slug: string,
  number: number,
  input: { dryRun: true } | { ifVersion: number },
): Promise<AppliedConfiguration> {
  const path = `/workspaces/${slug}/versions/${number}/restore`;
  return request(AppliedConfiguration, "POST", path, input);
}

/** Reads the configuration of a workspace as a document. */
export function readConfiguration(slug: string): Promise<ConfigurationDocument> {
  return request(ConfigurationDocument, "GET", `/workspaces/${slug}/configuration`);
}

/** Applies a document, or plans that. The text, YAML or JSON, is sent as one JSON string. */
export function applyConfiguration(
  slug: string,
  text: string,
  options: { dryRun: "true" } | { ifVersion: number },
): Promise<AppliedConfiguration> {
  const path = `/workspaces/${slug}/configuration${toQuery(options)}`;
  return request(AppliedConfiguration, "PUT", path, text);
}
