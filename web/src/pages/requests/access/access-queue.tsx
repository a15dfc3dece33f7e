import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { accessRequestsQuery } from "../../../api/access-requests.ts";
import { Button } from "../../../ui/button.tsx";
import { Section } from "../../../ui/page.tsx";
import { EmptyState, Loaded } from "../../../ui/states.tsx";
import { QueuedAccessRequest } from "./queued-access-request.tsx";

/** The workspace's requests for access: the open ones, or all. */
export function AccessQueue({ slug, isOpenOnly }: { slug: string; isOpenOnly: boolean }) {
  const query = useInfiniteQuery(accessRequestsQuery(slug, "all", isOpenOnly ? "open" : undefined));
  return (
    <Section title="Access to tools">
      <Loaded query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0)
            return (
              <EmptyState
                icon={KeyRound}
                title={isOpenOnly ? "No open requests for access" : "No requests for access yet"}
              >
                <p>A member whose call is refused gets an address at which it can ask.</p>
              </EmptyState>
            );
          return (
            <>
              <ul className="divide-y divide-line" aria-label="Requests for access">
                {items.map((request) => (
                  <QueuedAccessRequest key={request.id} slug={slug} request={request} />
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
          );
        }}
      </Loaded>
    </Section>
  );
}
