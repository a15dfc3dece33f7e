import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ServerRequest } from "../../../../workers/contract/api/marketplace-requests.ts";
import { requestNoContent } from "../../api/request.ts";
import { requestsKey } from "../../api/server-requests.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { serversQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { Quote, RequestTitle } from "./request-facts.tsx";

interface Props {
  slug: string;
  request: ServerRequest;
}

/** A request of the signed-in member, with its outcome. */
export function OwnRequest({ slug, request }: Props) {
  const { id, reason, status, createdAt, entry, answer } = request;
  const withdraw = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/me/server-requests/${id}`, {}),
    invalidate: [requestsKey(slug)],
    onDone: () => showToast("Request withdrawn"),
  });
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={`Request for ${request.name}`}>
      <RequestTitle request={request} isStatusShown />
      <p className="text-xs text-dim">
        You asked <Time at={createdAt} />:
      </p>
      <Quote text={reason} />
      <Outcome slug={slug} request={request} />
      {answer !== null && <Quote text={answer} />}
      {status === "open" && (
        <div className="flex flex-wrap items-center gap-2">
          <p className="min-w-0 flex-1 basis-56 text-xs text-dim">
            {entry === null
              ? "The marketplace does not have this entry any more."
              : "An admin has not decided yet."}
          </p>
          <Button size="sm" isBusy={withdraw.isPending} onClick={() => withdraw.mutate(undefined)}>
            Withdraw
          </Button>
        </div>
      )}
    </li>
  );
}

function Outcome({ slug, request: { status, closedAt, serverSlug } }: Props) {
  const servers = useQuery({ ...serversQuery(slug), enabled: status === "fulfilled" });
  if (closedAt === null || status === "withdrawn") return null;
  if (status === "declined")
    return (
      <p className="text-sm">
        An admin declined it <Time at={closedAt} /> and says:
      </p>
    );
  const isKnown = servers.data?.some((server) => server.slug === serverSlug) ?? false;
  return (
    <p className="text-sm">
      An admin added it <Time at={closedAt} />
      {serverSlug !== null && isKnown ? (
        <>
          {": "}
          <Link
            to="/w/$slug/servers/$server"
            params={{ slug, server: serverSlug }}
            className="link underline"
          >
            {serverSlug}
          </Link>
          .
        </>
      ) : (
        ". You are not allowed to call its tools yet, or it is starting: ask an admin for access."
      )}
    </p>
  );
}
