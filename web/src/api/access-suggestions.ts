import { queryOptions } from "@tanstack/react-query";
import { AccessSuggestions } from "../../../workers/contract/api/access-suggestions.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** Query: the members and teams that use less than they may, those with the most unused tools first. */
export const suggestionsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "access-suggestions"),
    queryFn: () => request(AccessSuggestions, "GET", `/workspaces/${slug}/access/suggestions`),
  });
