import { RotateCcw } from "lucide-react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { IconButton } from "../../ui/button.tsx";
import { formatLatency } from "../../ui/format-numbers.ts";
import { Badge, Section, type Tone } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import type { CallOutcome, PastCall } from "./call-history.ts";

const TONES: Record<CallOutcome, Tone> = {
  succeeded: "ok",
  "tool error": "bad",
  failed: "bad",
  cancelled: "neutral",
};

/** The calls that were made on this page. Each can be made again. */
export function HistorySection(props: { calls: PastCall[]; onRepeat: (call: PastCall) => void }) {
  const { calls, onRepeat } = props;
  if (calls.length === 0) return null;
  return (
    <Section
      title="Your calls on this page"
      hint="Only this tab keeps them, until it is reloaded or you sign out. The gateway stores no arguments and no results."
    >
      <ul className="max-h-80 divide-y divide-line overflow-y-auto" aria-label="Your calls">
        {calls.map((call) => (
          <li key={call.id} className="flex items-center gap-3 px-4 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate font-mono text-xs">{escapeLine(call.tool)}</p>
              <p className="truncate font-mono text-xs text-dim">{call.input.slice(0, 300)}</p>
            </div>
            <span className="text-xs text-dim max-sm:hidden">{formatLatency(call.latencyMs)}</span>
            <span className="text-xs text-dim max-sm:hidden">
              <Time at={call.startedAt} />
            </span>
            <Badge tone={TONES[call.outcome]}>{call.outcome}</Badge>
            <IconButton
              label={`Call ${escapeLine(call.tool)} again`}
              onClick={() => onRepeat(call)}
            >
              <RotateCcw className="size-4" aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </Section>
  );
}
