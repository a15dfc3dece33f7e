import { ALERT_KINDS, type AlertKind } from "../../../../workers/contract/api/alerts.ts";
import { LabelledCheckbox } from "../../ui/checkbox.tsx";

const LABELS: Record<AlertKind, string> = {
  contract_held: "A server’s changes are held",
  access_requested: "Someone asks for access",
  server_requested: "Someone asks for a server",
  server_failing: "A server fails its checks",
  credential_failing: "A credential is refused",
  refusal_burst: "Many calls of one caller are refused",
  unknown_client: "An unknown client calls",
  audit_trouble: "The audit log has trouble",
};

/** The name of a kind of alerts. */
export function labelOf(kind: AlertKind): string {
  return LABELS[kind];
}

interface Props {
  label: string;
  kinds: AlertKind[];
  onChange: (kinds: AlertKind[]) => void;
}

/** A checkbox for each kind of alerts. */
export function KindChoices({ label, kinds, onChange }: Props) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-xs font-medium text-ink">{label}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {ALERT_KINDS.map((kind) => (
          <LabelledCheckbox
            key={kind}
            className="text-sm"
            isChecked={kinds.includes(kind)}
            onChange={(isChecked) =>
              onChange(
                ALERT_KINDS.filter((one) => (one === kind ? isChecked : kinds.includes(one))),
              )
            }
          >
            {labelOf(kind)}
          </LabelledCheckbox>
        ))}
      </div>
    </fieldset>
  );
}
