import type { ContractChange } from "../../../../../workers/contract/api/contracts.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { Checkbox } from "../../../ui/checkbox.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { Badge } from "../../../ui/page.tsx";
import { SeverityBadge } from "../../../ui/severity-badge.tsx";
import { Time } from "../../../ui/time.tsx";
import { DefinitionText } from "./definition-text.tsx";
import { CHANGE_LABELS, describeState, KIND_LABELS } from "./describe-change.ts";
import { DifferenceList } from "./difference-list.tsx";

interface Props {
  change: ContractChange;
  /** Null: the person only looks. */
  actions: {
    isChosen: boolean;
    isBusy: boolean;
    onChoose: (isChosen: boolean) => void;
    onDecide: (decision: "approve" | "refuse") => void;
  } | null;
}

/** One change: what it is, what it means, what clients have meanwhile, and its decision. */
export function ChangeItem({ change, actions }: Props) {
  const { kind, key, severity, state } = change;
  const name = kind === "instructions" ? "" : escapeLine(key);
  const label = `${KIND_LABELS[kind]} ${name}`.trim();
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      {actions && (
        <span className="flex h-5 items-center">
          <Checkbox
            label={`Select ${label}`}
            isChecked={actions.isChosen}
            onChange={actions.onChoose}
          />
        </span>
      )}
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <div className="flex flex-wrap items-center gap-2">
          <h3 className="flex flex-wrap items-center gap-2 wrap-anywhere">
            {KIND_LABELS[kind]}
            {name !== "" && (
              <code className="text-xs">
                <ForeignName name={key} />
              </code>
            )}
          </h3>
          <Badge tone="accent">{CHANGE_LABELS[change.change]}</Badge>
          <SeverityBadge severity={severity} />
          {state === "refused" && <Badge tone="warn">Refused</Badge>}
        </div>
        <p className="text-xs text-dim">
          {describeState(change)}
          <Refusal change={change} />
        </p>
        <DifferenceList differences={change.differences} />
        <div className="flex flex-col gap-1">
          {change.before !== null && (
            <DefinitionText title="Approved definition" json={change.before} />
          )}
          {change.after !== null && <DefinitionText title="Definition now" json={change.after} />}
        </div>
        {actions && (
          <div className="flex flex-wrap gap-2">
            <Button
              size="sm"
              aria-label={`Approve ${label}`}
              disabled={actions.isBusy}
              onClick={() => actions.onDecide("approve")}
            >
              Approve
            </Button>
            {state !== "refused" && (
              <Button
                size="sm"
                aria-label={`Refuse ${label}`}
                disabled={actions.isBusy}
                onClick={() => actions.onDecide("refuse")}
              >
                Refuse
              </Button>
            )}
          </div>
        )}
      </div>
    </li>
  );
}

function Refusal({ change: { refusedAt, refusedBy } }: { change: ContractChange }) {
  if (refusedAt === null) return null;
  return (
    <>
      {" "}
      Refused <Time at={refusedAt} />
      {refusedBy && (
        <>
          {" "}
          by <DisplayName name={refusedBy.name ?? refusedBy.id} />
        </>
      )}
      .
    </>
  );
}
