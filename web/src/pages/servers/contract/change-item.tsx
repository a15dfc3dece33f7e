import type { ContractChange } from "../../../../../workers/contract/api/contracts.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { Checkbox } from "../../../ui/checkbox.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Badge } from "../../../ui/page.tsx";
import { SeverityBadge } from "../../../ui/severity-badge.tsx";
import { Time } from "../../../ui/time.tsx";
import { DefinitionText } from "./definition-text.tsx";
import { CHANGE_LABELS, describeState, KIND_LABELS } from "./describe-change.ts";
import { DifferenceList } from "./difference-list.tsx";
import { SkillFileList } from "./skill-files.tsx";

interface Props {
  slug: string;
  server: string;
  change: ContractChange;
  /** Whether only the worst difference is shown at first. */
  isFolded: boolean;
  /** Null: the person only looks. */
  actions: {
    isChosen: boolean;
    isBusy: boolean;
    onChoose: (isChosen: boolean) => void;
    onDecide: (decision: "approve" | "refuse") => void;
  } | null;
}

/** One change: what it is, what it means, what clients have meanwhile, and its decision. */
export function ChangeItem({ slug, server, change, isFolded, actions }: Props) {
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
        {isFolded ? (
          <details>
            <summary className="w-fit wrap-anywhere text-dim hover:text-ink">
              {describeFold(change)}
            </summary>
            <div className="mt-2 flex flex-col gap-2">
              <Details slug={slug} server={server} change={change} />
            </div>
          </details>
        ) : (
          <Details slug={slug} server={server} change={change} />
        )}
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

/** The worst difference, and how many others there are. */
function describeFold({ differences }: ContractChange): string {
  const [worst, ...others] = differences;
  const message = worst?.message ?? "Definitions";
  return others.length === 0
    ? message
    : `${message} ${pluralize(others.length, "other difference")}.`;
}

function Details({ slug, server, change }: Pick<Props, "slug" | "server" | "change">) {
  const { kind, before, after } = change;
  return (
    <>
      <DifferenceList differences={change.differences} />
      {kind === "skill" && after !== null && (
        <SkillFileList slug={slug} server={server} change={change} />
      )}
      <div className="flex flex-col gap-1">
        {before !== null && <DefinitionText title="Approved definition" json={before} />}
        {after !== null && <DefinitionText title="Definition now" json={after} />}
      </div>
    </>
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
