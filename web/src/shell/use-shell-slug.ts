import { useParams } from "@tanstack/react-router";
import { useMe } from "../api/me.ts";
import { lastWorkspace } from "./last-workspace.ts";

/**
 * Slug of the workspace whose navigation is shown: that of the address, else the one last opened, else the first.
 * Undefined: the user belongs to no workspace. The address can name a workspace that the user does not belong to.
 */
export function useShellSlug(): string | undefined {
  const { slug } = useParams({ strict: false });
  const { memberships } = useMe();
  return slug ?? lastWorkspace.find(memberships);
}
