import type { RefusedAccess } from "../contract/api/access-explanation.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { EntryContext } from "./context.ts";

/**
 * What the error of a refused call says of the access that is missing: what decides, by which rule, and the page of the dashboard
 * on which the person sees what it may call and what was refused.
 */
export function toAccessData(
  { request, slug }: Pick<EntryContext, "request" | "slug">,
  access: RefusedAccess,
): { access: RefusedAccess & { accessUrl: string } } {
  return { access: { ...access, accessUrl: `${toOrigin(request)}/w/${slug}/my-access` } };
}
