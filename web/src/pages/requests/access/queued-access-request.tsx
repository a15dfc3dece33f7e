import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AccessExplanation } from "../../../../../workers/contract/api/access-explanation.ts";
import type { AccessRequest } from "../../../../../workers/contract/api/access-requests.ts";
import { explanationQuery } from "../../../api/access-requests.ts";
import { useCan } from "../../../api/me.ts";
import { Button } from "../../../ui/button.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { Time, TimeUntil } from "../../../ui/time.tsx";
import { describeDecision, OBSTACLES } from "../../access/describe-explanation.ts";
import { Quote } from "../request-facts.tsx";
import { AccessOutcome, AccessRequestTitle, describeRule } from "./access-request-facts.tsx";
import { ApproveAccessDialog } from "./approve-access-dialog.tsx";
import { DeclineAccessDialog } from "./decline-access-dialog.tsx";

interface Props {
  slug: string;
  request: AccessRequest;
}

/** A request for access in the workspace's queue, with what an admin decides on. */
export function QueuedAccessRequest({ slug, request }: Props) {
  const canDecide = useCan(slug, "rules.edit");
  const { member, askedBy, reason, createdAt, status, endsAt, rule } = request;
  const isForAgent = member.id !== askedBy.id;
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={`Request for ${describeRule(rule)}`}>
      <AccessRequestTitle request={request} isStatusShown={status !== "open"} />
      <p className="text-xs text-dim">
        <DisplayName name={askedBy.name ?? "A removed member"} />
        {isForAgent && (
          <>
            {" for the agent "}
            <DisplayName name={member.name ?? "that was removed"} />
          </>
        )}{" "}
        asked <Time at={createdAt} />
        {endsAt !== null && (
          <>
            {", with the end "}
            <TimeUntil at={endsAt} />
          </>
        )}
        :
      </p>
      <Quote text={reason} />
      <AccessOutcome request={request} />
      {status === "open" && <Present slug={slug} request={request} />}
      {status === "open" && canDecide && <Actions slug={slug} request={request} />}
    </li>
  );
}

/** What the member may do now. */
function Present({ slug, request }: Props) {
  const { member, server, tool, isServerThere } = request;
  const explanation = useQuery({
    ...explanationQuery(slug, { member: member.id, server, tool }),
    enabled: isServerThere,
  });
  if (!isServerThere)
    return (
      <p className="text-xs text-warn">
        The workspace does not have the server that was asked for. Add it, and let the member ask
        again; or decline.
      </p>
    );
  if (!explanation.data) return null;
  return <p className="text-xs text-dim">{describePresent(explanation.data)}</p>;
}

function describePresent(explanation: AccessExplanation): string {
  const [obstacle] = explanation.obstacles;
  return `Now: ${describeDecision(explanation)}${obstacle === undefined ? "" : ` ${OBSTACLES[obstacle]}`}`;
}

function Actions({ slug, request }: Props) {
  const [open, setOpen] = useState<"approve" | "decline" | null>(null);
  const close = () => setOpen(null);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {request.isServerThere && (
        <Button variant="primary" onClick={() => setOpen("approve")}>
          Approve …
        </Button>
      )}
      <Button onClick={() => setOpen("decline")}>Decline</Button>
      {request.isServerThere && (
        <ApproveAccessDialog
          slug={slug}
          request={request}
          isOpen={open === "approve"}
          onClose={close}
        />
      )}
      <DeclineAccessDialog
        slug={slug}
        request={request}
        isOpen={open === "decline"}
        onClose={close}
      />
    </div>
  );
}
