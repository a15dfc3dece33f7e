import { useState } from "react";
import {
  MAX_ACCESS_REQUEST_TEXT,
  type AccessRequest,
} from "../../../../../workers/contract/api/access-requests.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog, FormActions } from "../../../ui/dialog.tsx";
import { LongText } from "../long-text.tsx";
import { useAccessDecision } from "./use-access-decision.ts";

interface Props {
  slug: string;
  request: AccessRequest;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks for the words with which a request for access is declined. */
export function DeclineAccessDialog({ slug, request, isOpen, onClose }: Props) {
  const [answer, setAnswer] = useState("");
  const decline = useAccessDecision(slug, request, "Request declined", onClose);
  const who = request.askedBy.name ?? "The member";
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
          hint={`${who} reads it, and so do owners, admins and auditors. At most ${MAX_ACCESS_REQUEST_TEXT} characters, no secrets.`}
          value={answer}
          onChange={setAnswer}
          maxLength={MAX_ACCESS_REQUEST_TEXT}
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
