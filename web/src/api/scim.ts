import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { ScimMember, ScimStatus } from "../../../workers/contract/api/scim.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** Query: the tokens of the company’s directory, and how much it manages. */
export const scimQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "scim"),
    queryFn: () => request(ScimStatus, "GET", `/workspaces/${slug}/scim`),
  });

/** Query: the ids of the members that the company’s directory manages. */
export const scimMembersQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "scim", "members"),
    queryFn: async () => {
      const schema = z.object({ items: z.array(ScimMember) });
      const { items } = await request(schema, "GET", `/workspaces/${slug}/scim/members`);
      return new Set(items.map(({ memberId }) => memberId));
    },
    // Query compares new data with old data by their JSON, which a set does not have.
    structuralSharing: false,
  });
