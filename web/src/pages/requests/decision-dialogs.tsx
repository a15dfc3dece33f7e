import { useState } from "react";
import {
  MAX_REQUEST_TEXT,
  type ServerRequest,
} from "../../../../workers/contract/api/marketplace-requests.ts";
import { requestNoContent } from "../../api/request.ts";
import { requestsKey } from "../../api/server-requests.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { showToast } from "../../ui/toast.ts";
import { LongText } from "./long-text.tsx";

interface Props {
  slug: string;
  request: ServerRequest;
  onClose: () => void;
}

/** Closes a request: `decision` is the body of the API. */
export function useDecision(slug: string, { id }: ServerRequest, done: string, onDone = () => {}) {
  return useApiMutation({
    run: (decision: object) =>
      requestNoContent("POST", `/workspaces/${slug}/server-requests/${id}/decision`, decision),
    invalidate: [requestsKey(slug)],
    onDone: () => {
      showToast(done);
      onDone();
    },
  });
}

/** Asks for the words with which a request is declined. */
export function DeclineDialog({ slug, request, onClose, isOpen }: Props & { isOpen: boolean }) {
  const [answer, setAnswer] = useState("");
  const decline = useDecision(slug, request, "Request declined", onClose);
  const who = request.member.name ?? "The member";
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Decline the request">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          decline.mutate({ outcome: "declined", answer });
        }}
      >
        <LongText
          label="Answer"
          hint={`${who} reads it, and so do owners, admins and auditors. At most ${MAX_REQUEST_TEXT} characters, no secrets.`}
          value={answer}
          onChange={setAnswer}
        />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="danger"
            isBusy={decline.isPending}
            disabled={answer.trim() === ""}
          >
            Decline
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
