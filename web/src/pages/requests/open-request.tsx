import { useInfiniteQuery } from "@tanstack/react-query";
import type { ServerRequest } from "../../../../workers/contract/api/marketplace-requests.ts";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { requestsQuery } from "../../api/server-requests.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Notice } from "../../ui/notice.tsx";

/** What is known of a request. `data` undefined: not loaded, or none of the entry is open with this id. */
interface Known {
  isPending: boolean;
  data: ServerRequest | undefined;
}

/** The open request for an entry that a new server is to fulfil. */
export function useOpenRequest(slug: string, id: string | undefined, entry: string): Known {
  const query = useInfiniteQuery({
    ...requestsQuery(slug, "all", { status: "open", entry }),
    enabled: id !== undefined,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return { isPending: query.isPending, data: items.find((request) => request.id === id) };
}

/** Who asks for the server, and why. `isAsked`: whether the page was opened for a request. */
export function OpenRequest({ isAsked, request }: { isAsked: boolean; request: Known }) {
  if (!isAsked || (request.isPending && !request.data)) return null;
  if (!request.data)
    return (
      <Notice tone="warn">The request is not open any more. What you add here fulfils none.</Notice>
    );
  const { member, reason } = request.data;
  return (
    <Notice tone="info">
      <p>
        <DisplayName name={member.name ?? "A member"} /> asks for this server, and hears of it when
        you add it:
      </p>
      <p className="mt-1 whitespace-pre-line">“{escapeHidden(reason)}”</p>
    </Notice>
  );
}
