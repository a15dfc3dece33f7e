import { Flag } from "lucide-react";
import { useState } from "react";
import {
  MAX_REPORT_TEXT,
  REPORT_KINDS,
  type ReportKind,
} from "../../../../workers/contract/api/marketplace-reports.ts";
import { reportServer } from "../../api/marketplace-curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { showToast } from "../../ui/toast.ts";
import { LongText } from "../requests/long-text.tsx";

// `keys` forgets the names, which are all of the kinds.
const KINDS = Object.keys(REPORT_KINDS) as ReportKind[];
const CHOICES = KINDS.map((value) => ({ value, label: REPORT_KINDS[value] }));

/** Reports wrong data of a server to the operator, also without a session. */
export function ReportButton({ name }: { name: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);
  return (
    <>
      <Button size="sm" onClick={() => setIsOpen(true)}>
        <Flag className="size-3.5" aria-hidden />
        Report wrong data
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title="Report wrong data">
        <ReportForm name={name} onClose={close} />
      </Dialog>
    </>
  );
}

function ReportForm({ name, onClose }: { name: string; onClose: () => void }) {
  const [kind, setKind] = useState<ReportKind>("facts");
  const [text, setText] = useState("");
  const report = useApiMutation({
    run: () => reportServer(name, { kind, text }),
    invalidate: [],
    onDone: () => {
      showToast("Report sent to the operator");
      onClose();
    },
  });
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        report.mutate(undefined);
      }}
    >
      <Field label="What is wrong?">
        <Select value={kind} onChange={setKind} choices={CHOICES} />
      </Field>
      <LongText
        label="What should it say, and where can the operator see that?"
        hint={`The operator of this marketplace reads it, and does not learn who you are. At most ${MAX_REPORT_TEXT} characters, no secrets.`}
        value={text}
        onChange={setText}
      />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={report.isPending}
          disabled={text.trim() === ""}
        >
          Send report
        </Button>
      </FormActions>
    </form>
  );
}
