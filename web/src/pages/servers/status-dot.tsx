import { classNames } from "../../ui/class-names.ts";

const STATUSES = {
  ok: { color: "bg-ok", label: "Reachable" },
  failing: { color: "bg-bad", label: "Failing" },
  unknown: { color: "bg-warn", label: "Not checked yet" },
  disabled: { color: "bg-strong", label: "Disabled" },
};
/** Health of a server. */
export type Status = keyof typeof STATUSES;

/** A server's status as a coloured dot, with its label as tooltip and for screen readers. */
export function StatusDot({ status }: { status: Status }) {
  const { color, label } = STATUSES[status];
  return (
    <span className="flex h-5 shrink-0 items-center" title={label}>
      <span className={classNames("size-2 rounded-full", color)} aria-hidden />
      <span className="sr-only">{label}.</span>
    </span>
  );
}

/** Display label of a status. */
export function toStatusLabel(status: Status): string {
  return STATUSES[status].label;
}
