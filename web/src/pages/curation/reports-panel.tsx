import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Flag } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import {
  MAX_REPORT_TEXT,
  REPORT_KINDS,
  type MarketplaceReport,
  type ReportStatus,
} from "../../../../workers/contract/api/marketplace-reports.ts";
import { decideReport, MARKETPLACE_KEY, reportsQuery } from "../../api/curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { ShowMore } from "../../ui/show-more.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { EntryLink } from "../requests/entry-link.tsx";
import { LongText } from "../requests/long-text.tsx";
import { Quote } from "../requests/request-facts.tsx";
import { HideDialog } from "./hide-dialog.tsx";

type Report = z.infer<typeof MarketplaceReport>;
type Outcome = Exclude<ReportStatus, "open">;

const route = getRouteApi("/signed-in/curation");

const STATUSES: readonly { value: ReportStatus; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "dismissed", label: "Dismissed" },
];

/** Reports of wrong data: the queue, and those that are closed. */
export function ReportsPanel() {
  const { status = "open" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(reportsQuery(status));
  return (
    <Section
      title="Reports of wrong data"
      hint="From visitors and members. Who has sent a report is not stored."
      actions={
        <Select
          label="Status"
          className="w-32!"
          value={status}
          choices={STATUSES}
          onChange={(next) =>
            void navigate({ search: { status: next === "open" ? undefined : next }, replace: true })
          }
        />
      }
    >
      <Loaded query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <EmptyState icon={Flag} title={`No ${status} reports`}>
              {status === "open" && <p>Visitors report wrong data on the page of a server.</p>}
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line" aria-label="Reports">
              {items.map((report) => (
                <ReportItem key={report.id} report={report} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <ShowMore query={query} />
    </Section>
  );
}

function ReportItem({ report }: { report: Report }) {
  const { name, kind, text, createdAt, status, closedAt, closedBy, note } = report;
  return (
    <li className="flex flex-col gap-2 px-4 py-4" aria-label={`Report of ${name}`}>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-mono text-xs">
          <EntryLink name={name} />
        </span>
        <Badge tone={kind === "harmful" ? "bad" : "neutral"}>{REPORT_KINDS[kind]}</Badge>
      </p>
      <p className="text-xs text-dim">
        A visitor or member wrote <Time at={createdAt} />:
      </p>
      <Quote text={text} />
      {status === "open" && <Actions report={report} />}
      {closedAt !== null && note !== null && (
        <>
          <p className="text-xs text-dim">
            {status === "resolved" ? "Resolved" : "Dismissed"} by{" "}
            {closedBy === null ? "the operator" : <DisplayName name={closedBy} />}{" "}
            <Time at={closedAt} />, with the note:
          </p>
          <Quote text={note} />
        </>
      )}
    </li>
  );
}

function Actions({ report }: { report: Report }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isHiding, setIsHiding] = useState(false);
  return (
    <div className="flex flex-wrap gap-2">
      <Button variant="primary" size="sm" onClick={() => setOutcome("resolved")}>
        Resolve
      </Button>
      <Button size="sm" onClick={() => setOutcome("dismissed")}>
        Dismiss
      </Button>
      <Button size="sm" onClick={() => setIsHiding(true)}>
        Hide the server
      </Button>
      <Dialog
        isOpen={outcome !== null}
        onClose={() => setOutcome(null)}
        title={outcome === "dismissed" ? "Dismiss the report" : "Resolve the report"}
      >
        {outcome && (
          <DecisionForm id={report.id} outcome={outcome} onClose={() => setOutcome(null)} />
        )}
      </Dialog>
      <HideDialog
        toHide={isHiding ? { name: report.name } : null}
        onClose={() => setIsHiding(false)}
      />
    </div>
  );
}

function DecisionForm(props: { id: string; outcome: Outcome; onClose: () => void }) {
  const { id, outcome, onClose } = props;
  const [note, setNote] = useState("");
  const decide = useApiMutation({
    run: () => decideReport(id, { outcome, note }),
    invalidate: [MARKETPLACE_KEY],
    onDone: () => {
      onClose();
      showToast(outcome === "resolved" ? "Report resolved" : "Report dismissed");
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        decide.mutate(undefined);
      }}
    >
      <LongText
        label="Note"
        hint={`What was done, for others who curate the marketplace. At most ${MAX_REPORT_TEXT} characters.`}
        value={note}
        onChange={setNote}
      />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={decide.isPending}
          disabled={note.trim() === ""}
        >
          {outcome === "resolved" ? "Resolve" : "Dismiss"}
        </Button>
      </FormActions>
    </form>
  );
}
