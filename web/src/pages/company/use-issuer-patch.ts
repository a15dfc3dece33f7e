import { IdentityIssuer } from "../../../../workers/contract/api/company.ts";
import { issuersQuery } from "../../api/company.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";

/** Saves changes of an issuer. `onDone`: called after a success. */
export function useIssuerPatch(slug: string, id: string, onDone = () => {}) {
  return useApiMutation({
    run: (patch: object) =>
      request(IdentityIssuer, "PATCH", `/workspaces/${slug}/identity-issuers/${id}`, patch),
    invalidate: [issuersQuery(slug).queryKey],
    onDone,
  });
}
