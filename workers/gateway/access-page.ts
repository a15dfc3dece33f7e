import type { RefusedAccess } from "../contract/api/access-explanation.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { EntryContext } from "./context.ts";

/**
 * What the error of a refused call says of the access that is missing: what decides, by which rule, and the page of the dashboard
 * on which the person asks for it, with the form filled in.
 */
export function toAccessData(
  { request, slug }: Pick<EntryContext, "request" | "slug">,
  access: RefusedAccess,
): { access: RefusedAccess & { accessUrl: string } } {
  const asked = new URLSearchParams({ server: access.server });
  if (access.tool !== null) asked.set("tool", access.tool);
  if (access.agentId) asked.set("agent", access.agentId);
  const accessUrl = `${toOrigin(request)}/w/${slug}/my-access?${asked.toString()}`;
  return { access: { ...access, accessUrl } };
}

/** The sentence of the error, which clients show to the person or give to the model. Undefined: nothing can be asked for. */
export function toAccessText(
  access: ReturnType<typeof toAccessData>["access"] | undefined,
): string {
  const ended = access?.decision === "ended" ? ": the rule that allowed it has ended" : "";
  const advice = access ? `. Ask for access: ${access.accessUrl}` : "";
  return `Tool not allowed for this user${ended}${advice}`;
}
