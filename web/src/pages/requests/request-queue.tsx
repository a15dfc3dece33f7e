import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ServerRequest } from "../../../../workers/contract/api/marketplace-requests.ts";
import { useCan } from "../../api/me.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Time } from "../../ui/time.tsx";
import { DeclineDialog, useDecision } from "./decision-dialogs.tsx";
import { EntryFacts, Grade, Quote, RequestTitle } from "./request-facts.tsx";

interface Props {
  slug: string;
  request: ServerRequest;
}

/** A request of the workspace's queue, with what an admin decides on. */
export function QueuedRequest({ slug, request }: Props) {
  const canDecide = useCan(slug, "server.manage");
  const { entry, member, reason, createdAt, status } = request;
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={`Request for ${request.name}`}>
      <RequestTitle request={request} isStatusShown={status !== "open"}>
        {entry !== null && <Grade entry={entry} />}
      </RequestTitle>
      {status === "open" && <EntryFacts entry={entry} />}
      <p className="text-xs text-dim">
        {member.name === null ? "A removed member" : <DisplayName name={member.name} />}
        {member.hasLeft && member.name !== null && " (removed)"} asked <Time at={createdAt} />:
      </p>
      <Quote text={reason} />
      {status !== "open" && <Outcome slug={slug} request={request} />}
      {status === "open" && canDecide && <Actions slug={slug} request={request} />}
    </li>
  );
}

function Outcome({ slug, request }: Props) {
  const { closedAt, closedBy, answer, serverSlug } = request;
  return (
    <>
      <p className="text-xs text-dim">
        {closedBy !== null && (
          <>
            Closed by <DisplayName name={closedBy} />
          </>
        )}{" "}
        {closedAt !== null && <Time at={closedAt} />}
        {serverSlug !== null && (
          <>
            {", as "}
            <ServerLink slug={slug} server={serverSlug} />
          </>
        )}
        {answer !== null && ", with the answer:"}
      </p>
      {answer !== null && <Quote text={answer} />}
    </>
  );
}

function Actions({ slug, request }: Props) {
  const [isDeclining, setIsDeclining] = useState(false);
  const fulfil = useDecision(slug, request, "Request fulfilled");
  const { name, entry, id, existingServers } = request;
  const canAdd = entry !== null && (entry.hasRemote || entry.hostedAs !== null);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {existingServers.length > 0 && (
        <p className="w-full text-xs text-dim">
          The workspace has it already:{" "}
          {existingServers.map((server, index) => (
            <span key={server}>
              {index > 0 && ", "}
              <ServerLink slug={slug} server={server} />
            </span>
          ))}
          . Allow the member to call it, then mark the request as fulfilled.
        </p>
      )}
      {existingServers.slice(0, 1).map((server) => (
        <Button
          key={server}
          variant="primary"
          isBusy={fulfil.isPending}
          onClick={() => fulfil.mutate({ outcome: "fulfilled", server })}
        >
          Mark as fulfilled
        </Button>
      ))}
      {canAdd && (
        <Link
          to="/w/$slug/servers/new"
          params={{ slug }}
          search={{ from: name, request: id }}
          className={buttonClass(existingServers.length > 0 ? "secondary" : "primary")}
        >
          Approve
        </Link>
      )}
      <Button onClick={() => setIsDeclining(true)}>Decline</Button>
      <DeclineDialog
        slug={slug}
        request={request}
        isOpen={isDeclining}
        onClose={() => setIsDeclining(false)}
      />
    </div>
  );
}

function ServerLink({ slug, server }: { slug: string; server: string }) {
  return (
    <Link to="/w/$slug/servers/$server" params={{ slug, server }} className="link underline">
      {server}
    </Link>
  );
}
