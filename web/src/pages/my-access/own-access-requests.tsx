import { useInfiniteQuery } from "@tanstack/react-query";
import type { AccessRequest } from "../../../../workers/contract/api/access-requests.ts";
import { accessRequestsKey, accessRequestsQuery } from "../../api/access-requests.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import {
  AccessOutcome,
  AccessRequestTitle,
  describeRule,
} from "../requests/access/access-request-facts.tsx";
import { Quote } from "../requests/request-facts.tsx";

/** How often an answer is looked for while the page is open. */
const REFRESH_MS = 15_000;

/** The member's requests for access, with their outcomes; nothing before the first one. */
export function OwnAccessRequests({ slug }: { slug: string }) {
  const query = useInfiniteQuery({
    ...accessRequestsQuery(slug, "mine"),
    refetchInterval: REFRESH_MS,
  });
  if (query.data?.pages[0]?.items.length === 0) return null;
  return (
    <Section
      title="Requests for access"
      hint="What you have asked the admins of this workspace for."
    >
      <Loaded query={query}>
        {({ pages }) => (
          <>
            <ul className="divide-y divide-line" aria-label="Requests for access">
              {pages
                .flatMap(({ items }) => items)
                .map((request) => (
                  <OwnAccessRequest key={request.id} slug={slug} request={request} />
                ))}
            </ul>
            {query.hasNextPage && (
              <div className="border-t border-line px-4 py-3">
                <Button
                  isBusy={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  Show more
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function OwnAccessRequest({ slug, request }: { slug: string; request: AccessRequest }) {
  const { id, rule, reason, status, createdAt, member, askedBy } = request;
  const withdraw = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/me/access-requests/${id}`, {}),
    invalidate: [accessRequestsKey(slug)],
    onDone: () => showToast("Request withdrawn"),
  });
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={`Request for ${describeRule(rule)}`}>
      <AccessRequestTitle request={request} isStatusShown />
      <p className="text-xs text-dim">
        Asked <Time at={createdAt} />
        {member.id !== askedBy.id && (
          <>
            {" for the agent "}
            <DisplayName name={member.name ?? "that was removed"} />
          </>
        )}
        :
      </p>
      <Quote text={reason} />
      <AccessOutcome request={request} />
      {status === "open" && (
        <div className="flex flex-wrap items-center gap-2">
          <p className="min-w-0 flex-1 basis-56 text-xs text-dim">
            An admin has not decided yet. Your clients can stay connected: after an approval the
            next call works.
          </p>
          <Button size="sm" isBusy={withdraw.isPending} onClick={() => withdraw.mutate(undefined)}>
            Withdraw
          </Button>
        </div>
      )}
    </li>
  );
}
