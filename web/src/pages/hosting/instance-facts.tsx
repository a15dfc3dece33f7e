import type { ReactNode } from "react";
import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatBytes, formatDuration, plural } from "../../ui/numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { describeEgress, describeProfile, describeState } from "./hosting-words.ts";

interface Props {
  instance: HostedInstance;
  entry: HostingCatalogueEntry | undefined;
  /** Buttons. */
  children: ReactNode;
}

/** Where and how a hosted server runs, and what it has used. */
export function InstanceFacts({ instance, entry, children }: Props) {
  const { state, usage, reason, hostId, profile, restarts, createdAt } = instance;
  const facts: [string, ReactNode][] = [
    ["State", <State key="state" instance={instance} />],
    ["Host", hostId ?? "None yet"],
    ["Size", describeProfile(profile)],
    ...(entry === undefined ? [] : factsOf(entry)),
    ["Deployed", <Time key="deployed" at={createdAt} />],
    ["Restarts by itself", restarts === 0 ? "None" : plural(restarts, "time")],
    ["Time running, in all", formatDuration(usage.runningSeconds)],
    [
      "Requests / answers",
      `${formatBytes(usage.requestBytes)} / ${formatBytes(usage.responseBytes)}`,
    ],
    ["Traffic outside", formatBytes(usage.egressBytes)],
  ];
  return (
    <Section
      title="Instance"
      hint="What it has used is up to a minute old."
      actions={<div className="flex flex-wrap gap-2">{children}</div>}
    >
      {reason !== null && (
        <p
          className={classNames(
            "border-b border-line px-4 py-3 wrap-anywhere",
            state === "failed" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn",
          )}
        >
          {reason.message}
        </p>
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3.5 p-4 lg:grid-cols-3">
        {facts.map(([term, value]) => (
          <div key={term} className="min-w-0">
            <dt className="text-xs text-dim">{term}</dt>
            <dd className="mt-0.5 wrap-anywhere tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function factsOf(entry: HostingCatalogueEntry): [string, string][] {
  return [
    ["Package", `${entry.package.name} ${entry.package.version}`],
    ["May connect to", describeEgress(entry)],
  ];
}

function State({ instance }: { instance: HostedInstance }) {
  const now = useNow(1_000);
  const { word, tone } = describeState(instance);
  const { state, runningAt } = instance;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge tone={tone}>{word}</Badge>
      {state === "running" &&
        runningAt !== null &&
        `for ${formatDuration((now - runningAt) / 1_000)}`}
    </span>
  );
}
