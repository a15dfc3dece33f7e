import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { marketplaceDriftQuery } from "../../api/marketplace-probes.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { Day } from "../../ui/time.tsx";
import { describeDrift } from "./describe-probe.ts";

/** Changes that are shown at first. */
const SHOWN_CHANGES = 10;

/** What has changed between the inspections of a server; nothing without any. `isOfSeveral`: it has several addresses. */
export function DriftSection({ name, isOfSeveral }: { name: string; isOfSeveral: boolean }) {
  const { data = [] } = useQuery(marketplaceDriftQuery(name));
  const [isWhole, setIsWhole] = useState(false);
  if (data.length === 0) return null;
  const shown = isWhole ? data : data.slice(0, SHOWN_CHANGES);
  return (
    <Section title="Changes" hint="Between two inspections, of the last 90 days.">
      <ul className="divide-y divide-line">
        {shown.map((drift, index) => (
          <li
            key={index}
            className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-4 py-2.5 text-sm"
          >
            <span className="min-w-0 wrap-anywhere">
              {describeDrift(drift)}
              {isOfSeveral && (
                <code className="ml-2 font-mono text-xs text-dim">{escapeLine(drift.url)}</code>
              )}
            </span>
            <span className="text-xs text-dim">
              <Day at={drift.at} />
            </span>
          </li>
        ))}
      </ul>
      {shown.length < data.length && (
        <div className="border-t border-line px-4 py-3">
          <Button onClick={() => setIsWhole(true)}>Show all {data.length} changes</Button>
        </div>
      )}
    </Section>
  );
}
