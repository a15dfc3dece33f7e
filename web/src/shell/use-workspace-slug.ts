import { useParams } from "@tanstack/react-router";

/** Slug of the current workspace, from the route. */
export function useWorkspaceSlug(): string {
  return useParams({ from: "/signed-in/w/$slug" }).slug;
}
