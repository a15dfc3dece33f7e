import type { ScanResult } from "../../../../../client-config/scan/scan-text.ts";
import { CLIENT_TRAITS } from "../../../../../workers/contract/marketplace/install/clients.ts";
import { SEVERITIES } from "../../../../../workers/contract/severity.ts";
import { classNames } from "../../../ui/class-names.ts";
import { pluralize } from "../../../ui/format-numbers.ts";
import { SEVERITY_LABELS } from "../../../ui/severity-badge.tsx";

/** From which risk on a level applies, the highest first. */
const LEVELS = [
  { from: 40, label: "High risk", text: "text-bad", bar: "bg-bad" },
  { from: 15, label: "Some risk", text: "text-warn", bar: "bg-warn" },
  { from: 1, label: "Low risk", text: "text-ink", bar: "bg-ok" },
  { from: 0, label: "Nothing found", text: "text-ok", bar: "bg-ok" },
] as const;

/** What was not understood has no score. */
const UNKNOWN = { label: "Not recognized", text: "text-ink", bar: "bg-softer" } as const;

/** The risk of a text and the number of findings by severity. */
export function RiskSummary({ result }: { result: ScanResult }) {
  const { risk, counts } = result;
  const level = risk === null ? UNKNOWN : (LEVELS.find(({ from }) => risk >= from) ?? LEVELS[0]);
  return (
    <section
      aria-label="Risk"
      className="card flex flex-wrap items-center gap-x-8 gap-y-4 px-4 py-3"
    >
      <div role="status" className="min-w-48 flex-1">
        <p className="flex items-baseline gap-2">
          <span className={classNames("text-2xl font-semibold tabular-nums", level.text)}>
            {risk ?? "–"}
          </span>
          {risk !== null && <span className="text-dim">of 100</span>}
          <span className={classNames("font-medium", level.text)}>{level.label}</span>
        </p>
        <span className="mt-1.5 block h-1.5 overflow-hidden rounded-full bg-softer" aria-hidden>
          <span
            className={classNames("block h-full rounded-full", level.bar)}
            style={{ width: `${risk ?? 0}%` }}
          />
        </span>
        <p className="mt-1.5 text-xs text-dim">{describeText(result)}</p>
      </div>
      <dl className="flex flex-wrap gap-x-5 gap-y-2">
        {SEVERITIES.map((severity) => (
          <div key={severity} className="flex flex-col items-center">
            <dt className="text-xs text-dim">{SEVERITY_LABELS[severity]}</dt>
            <dd className="text-base font-medium tabular-nums">{counts[severity]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function describeText({ kind, client, servers, tools }: ScanResult): string {
  if (kind === "nothing") return "No servers and no tools were recognized";
  return kind === "tools"
    ? `${pluralize(tools, "tool")} of ${pluralize(servers, "server")}`
    : `${CLIENT_TRAITS[client].label}, ${pluralize(servers, "server")}`;
}
