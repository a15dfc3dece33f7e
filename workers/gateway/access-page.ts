import type { RefusedAccess } from "../contract/api/access-explanation.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { EntryContext } from "./context.ts";

/**
 * What the error of a refused call says of the access that is missing: what decides, by which rule, and the page of the dashboard
 * on which the person asks for it (`server:*`: for the whole server).
 */
export function toAccessData(
  { request, slug }: Pick<EntryContext, "request" | "slug">,
  access: RefusedAccess,
): { access: RefusedAccess & { requestUrl: string } } {
  const query = new URLSearchParams({ tool: `${access.server}:${access.tool ?? "*"}` });
  const requestUrl = `${toOrigin(request)}/w/${slug}/access/request?${query.toString()}`;
  return { access: { ...access, requestUrl } };
}
