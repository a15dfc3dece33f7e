import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useState } from "react";
import {
  MAX_REQUEST_TEXT,
  ServerRequest,
} from "../../../../workers/contract/api/marketplace-requests.ts";
import { request } from "../../api/request.ts";
import { requestsKey, requestsQuery } from "../../api/server-requests.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { showToast } from "../../ui/toast.ts";
import { LongText } from "../requests/long-text.tsx";

interface Props {
  slug: string;
  /** The entry's name. */
  entry: string;
}

/** Asks a workspace's admins for a server, or says that the user has asked. */
export function RequestButton({ slug, entry }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const asked = useInfiniteQuery(requestsQuery(slug, "mine", { entry, status: "open" }));
  if ((asked.data?.pages[0]?.items.length ?? 0) > 0)
    return (
      <p className="text-sm text-dim">
        You have asked for it:{" "}
        <Link to="/w/$slug/requests" params={{ slug }} className="link underline">
          your requests
        </Link>
      </p>
    );
  return (
    <>
      <Button variant="primary" onClick={() => setIsOpen(true)}>
        <Inbox className="size-4" aria-hidden />
        Request
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title="Ask for this server">
        <RequestForm slug={slug} entry={entry} onClose={() => setIsOpen(false)} />
      </Dialog>
    </>
  );
}

function RequestForm({ slug, entry, onClose }: Props & { onClose: () => void }) {
  const [reason, setReason] = useState("");
  const ask = useApiMutation({
    run: () =>
      request(ServerRequest, "POST", `/workspaces/${slug}/server-requests`, { entry, reason }),
    invalidate: [requestsKey(slug)],
    onDone: () => {
      showToast("Request sent to the admins");
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate(undefined);
      }}
    >
      <LongText
        label="What do you need it for?"
        hint={`Owners, admins and auditors read it. At most ${MAX_REQUEST_TEXT} characters, no secrets.`}
        value={reason}
        onChange={setReason}
      />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={ask.isPending}
          disabled={reason.trim() === ""}
        >
          Send request
        </Button>
      </FormActions>
    </form>
  );
}
