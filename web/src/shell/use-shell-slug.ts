import { useParams } from "@tanstack/react-router";
import { useMe } from "../api/me.ts";
import { lastWorkspace } from "./last-workspace.ts";

/**
 * Slug of the workspace whose navigation is shown: that of the address if the user belongs to it, else the one last
 * opened, else the first. Undefined: the user belongs to no workspace.
 */
export function useShellSlug(): string | undefined {
  const { slug } = useParams({ strict: false });
  const { memberships } = useMe();
  const isKnown = memberships.some(({ workspace }) => workspace.slug === slug);
  return isKnown ? slug : lastWorkspace.find(memberships);
}
