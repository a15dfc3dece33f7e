import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { IssuedToken, type Token } from "../../../../workers/contract/api/resources.ts";
import { DAY_MS } from "../../../../workers/contract/units.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { myTokensQuery, workspaceKey } from "../../api/workspace.ts";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "../tokens/is-active.ts";
import { useNarrow } from "./use-narrow.ts";

const LIFETIME_DAYS = 90;

/**
 * The signed-in member's token with this label: the newest that is valid. `value`: in clear, if it was made on this page. A
 * token can be narrowed to some tools before it is created and after.
 */
export function useClientToken(slug: string, label: string) {
  const path = `/workspaces/${slug}/me/tokens`;
  const tokens = useQuery(myTokensQuery(slug));
  const [issued, setIssued] = useState<{ id: string; value: string }>();
  const [planned, setPlanned] = useState<string[] | null>(null);
  const now = useNow(60_000);
  const active =
    tokens.data?.filter((token: Token) => token.client === null && isActive(token, now)) ?? [];
  const known =
    active.find(({ id }) => id === issued?.id) ?? active.findLast((token) => token.label === label);
  const invalidate = [workspaceKey(slug, "me"), workspaceKey(slug, "tokens")];
  // Keeps the value before the list is refetched: otherwise the page shows the token and texts without its value first.
  const issue = async (ofPath: string, input: object) => {
    const { token, record } = await request(IssuedToken, "POST", ofPath, input);
    setIssued({ id: record.id, value: token });
  };
  const create = useApiMutation({
    run: () => {
      const expiresAt = Date.now() + LIFETIME_DAYS * DAY_MS;
      return issue(path, { label, expiresAt, tools: planned });
    },
    invalidate,
  });
  const rotate = useApiMutation({
    run: (id: string) => issue(`${path}/${id}/rotate`, {}),
    invalidate,
  });
  const narrow = useNarrow(slug);
  return {
    isLoading: tokens.data === undefined,
    known,
    value: known?.id === issued?.id ? (issued?.value ?? null) : null,
    lifetimeDays: LIFETIME_DAYS,
    /** The rules to which the token is narrowed, or will be; null: none. */
    tools: known ? known.tools : planned,
    isBusy: create.isPending || rotate.isPending,
    isNarrowing: narrow.isPending,
    create: () => create.mutate(undefined),
    rotate: (id: string) => rotate.mutate(id),
    setTools: (tools: string[] | null) =>
      known ? narrow.mutate({ id: known.id, tools }) : setPlanned(tools),
  };
}

/** What `useClientToken` returns. */
export type ClientToken = ReturnType<typeof useClientToken>;
