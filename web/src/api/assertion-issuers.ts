import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  AssertionIssuer,
  PinnedIdentity,
} from "../../../workers/contract/api/assertion-issuers.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

const Issuers = z.object({ items: z.array(AssertionIssuer) });
const Identities = z.object({ items: z.array(PinnedIdentity) });

/** Query: the issuers of identity assertions that a workspace trusts, oldest first. */
export const assertionIssuersQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "assertion-issuers"),
    queryFn: async () =>
      (await request(Issuers, "GET", `/workspaces/${slug}/assertion-issuers`)).items,
  });

/** Query: the members that a workspace knows by an issuer, oldest first. */
export const pinnedIdentitiesQuery = (slug: string, issuerId: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "assertion-issuers", issuerId, "identities"),
    queryFn: async () => {
      const path = `/workspaces/${slug}/assertion-issuers/${issuerId}/identities`;
      return (await request(Identities, "GET", path)).items;
    },
  });
