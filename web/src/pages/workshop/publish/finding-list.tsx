import type { Finding } from "../../../../../client-config/finding.ts";
import { applyJsonFix } from "../../../../../client-config/server-document/apply-fix.ts";
import { isBlocking } from "../../../../../client-config/server-document/check.ts";
import type { Severity } from "../../../../../workers/contract/severity.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { Badge, Section } from "../../../ui/page.tsx";

const TONES = {
  critical: "bad",
  high: "bad",
  medium: "warn",
  low: "neutral",
  info: "neutral",
} as const satisfies Record<Severity, string>;

interface Props {
  text: string;
  findings: readonly Finding[];
  onApply: (text: string) => void;
}

/** What the check has found, each with the change that cures it. */
export function FindingList({ text, findings, onApply }: Props) {
  if (text.trim() === "") return null;
  const blocking = findings.filter(isBlocking).length;
  return (
    <Section title="Check">
      <p className="px-4 pt-4 text-sm" role="status">
        {blocking > 0
          ? `${blocking} ${blocking === 1 ? "finding has" : "findings have"} to be cured before this can be published.`
          : "This can be published."}
      </p>
      <ul className="divide-y divide-line">
        {findings.map((finding, place) => (
          <li key={place} className="flex flex-wrap items-start justify-between gap-3 p-4 text-sm">
            <div className="min-w-0 flex-1 basis-72">
              <p className="flex flex-wrap items-center gap-2 wrap-anywhere">
                <Badge tone={TONES[finding.severity]}>{finding.severity}</Badge>
                {escapeLine(finding.message)}
              </p>
              <p className="mt-1 text-xs text-dim wrap-anywhere">
                {finding.range && `Line ${finding.range.line}. `}
                {escapeLine(finding.why)}
              </p>
            </div>
            {finding.fix && <Apply text={text} fix={finding.fix} onApply={onApply} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Apply({
  text,
  fix,
  onApply,
}: Pick<Props, "text" | "onApply"> & { fix: NonNullable<Finding["fix"]> }) {
  return (
    <Button size="sm" onClick={() => onApply(applyJsonFix(text, fix))}>
      {escapeLine(fix.title)}
    </Button>
  );
}
