import { Wrench } from "lucide-react";
import { useState } from "react";
import type { Finding } from "../../../../../client-config/finding.ts";
import { findRule, toPathText } from "../../../../../client-config/scan/report.ts";
import type { FindingGroup } from "../../../../../client-config/scan/risk.ts";
import type { ScanResult } from "../../../../../client-config/scan/scan-text.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { SEVERITY_LABELS, SeverityBadge } from "../../../ui/severity-badge.tsx";
import { EmptyState } from "../../../ui/states.tsx";
import { toLineId } from "./redacted-text.tsx";
import type { Scan } from "./use-scan.ts";

/** Findings of a group that are shown at first. */
const SHOWN = 10;

/** The findings by rule, the worst first. */
export function FindingGroups({ scan, result }: { scan: Scan; result: ScanResult }) {
  const { groups, kind } = result;
  if (groups.length === 0)
    return kind === "nothing" ? null : (
      <section aria-label="Findings" className="card">
        <EmptyState title="Nothing found">
          <p>No rule of the scan applies to this text.</p>
        </EmptyState>
      </section>
    );
  return (
    <section aria-label="Findings" className="flex min-w-0 flex-col gap-3">
      {groups.map((group) => (
        <Group key={`${group.rule} ${group.severity}`} group={group} scan={scan} />
      ))}
    </section>
  );
}

function Group({ group: { rule, severity, findings }, scan }: { group: FindingGroup; scan: Scan }) {
  const [isOpen, setIsOpen] = useState(false);
  const [first] = findings;
  const text = findRule(rule);
  const fixable = findings.filter(({ fix }) => fix !== null);
  const shown = isOpen ? findings : findings.slice(0, SHOWN);
  const title = text?.title ?? "Syntax of the file";
  return (
    <article aria-label={`${rule}: ${title}`} className="card overflow-hidden">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <SeverityBadge severity={severity} />
        <h2 className="min-w-0 flex-1 basis-40">
          {title}
          {findings.length > 1 && (
            <span className="font-normal text-dim"> · {findings.length} times</span>
          )}
        </h2>
        {fixable.length > 1 && (
          <Button size="sm" onClick={() => scan.apply(fixable)} isBusy={scan.isBusy}>
            <Wrench className="size-3.5" aria-hidden />
            Apply all
          </Button>
        )}
      </header>
      <ul className="divide-y divide-line">
        {shown.map((finding, index) => (
          <FindingRow key={index} finding={finding} scan={scan} />
        ))}
      </ul>
      {findings.length > shown.length && (
        <div className="border-t border-line px-4 py-2">
          <Button size="sm" variant="ghost" onClick={() => setIsOpen(true)}>
            Show all {findings.length}
          </Button>
        </div>
      )}
      <div className="border-t border-line bg-soft px-4 py-2.5 text-xs text-dim">
        <p>{first?.why}</p>
        <RuleDetails rule={rule} />
      </div>
    </article>
  );
}

function RuleDetails({ rule }: { rule: string }) {
  const text = findRule(rule);
  if (!text) return null;
  return (
    <details className="mt-1.5">
      <summary className="link w-fit">Show the rule</summary>
      <p className="mt-1.5">
        <strong className="font-medium text-ink">{rule}</strong> applies in these cases:{" "}
        {text.trigger.replaceAll("`", "")}
      </p>
      <p className="mt-1">
        Severity: {text.severities.map((severity) => SEVERITY_LABELS[severity]).join(", ")}
      </p>
    </details>
  );
}

function FindingRow({ finding, scan }: { finding: Finding; scan: Scan }) {
  const { message, path, range, fix } = finding;
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-56">
        <p className="wrap-anywhere">{escapeHidden(message)}</p>
        <p className="mt-0.5 text-xs wrap-anywhere text-dim">
          {range !== null && (
            <>
              <a href={`#${toLineId(range.line)}`} className="link underline">
                Line {range.line}
              </a>
              {path.length > 0 && " · "}
            </>
          )}
          <code className="font-mono">{escapeHidden(toPathText(path))}</code>
        </p>
      </div>
      {fix !== null && (
        <Button size="sm" onClick={() => scan.apply([finding])} isBusy={scan.isBusy}>
          <Wrench className="size-3.5" aria-hidden />
          <span className="max-w-64 truncate">{fix.title}</span>
        </Button>
      )}
    </li>
  );
}
