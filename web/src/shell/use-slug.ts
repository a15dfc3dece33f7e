import { useParams } from "@tanstack/react-router";

/** The slug of the workspace that the page is about. */
export function useSlug(): string {
  return useParams({ from: "/signed-in/w/$slug" }).slug;
}
