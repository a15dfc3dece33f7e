import type { ReactNode } from "react";
import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatBytes, formatDuration } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { describeEgress, describeProfile, describeState } from "./describe-hosting.ts";

interface Props {
  instance: HostedInstance;
  entry: HostingCatalogueEntry | undefined;
  /** Action buttons. */
  children: ReactNode;
}

/** State, host, size and resource usage of a hosted server. */
export function InstanceFacts({ instance, entry, children }: Props) {
  const { state, usage, reason, hostId, profile, restarts, createdAt } = instance;
  const facts: [string, ReactNode][] = [
    ["State", <State key="state" instance={instance} />],
    ["Host", hostId ?? "Not assigned yet"],
    ["Size", describeProfile(profile)],
    ...(entry === undefined ? [] : toCatalogueFacts(entry, instance)),
    ["Deployed", <Time key="deployed" at={createdAt} />],
    ["Automatic restarts", String(restarts)],
    ["Total running time", formatDuration(usage.runningSeconds)],
    [
      "Request / response traffic",
      `${formatBytes(usage.requestBytes)} / ${formatBytes(usage.responseBytes)}`,
    ],
    ["Outbound traffic", formatBytes(usage.egressBytes)],
  ];
  return (
    <Section
      title="Instance"
      hint="Usage figures are updated about once a minute."
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

function toCatalogueFacts(
  entry: HostingCatalogueEntry,
  { versions }: HostedInstance,
): [string, string][] {
  return [
    ["Package", `${entry.package.name} ${versions?.current ?? entry.package.version}`],
    ["Network access", describeEgress(entry)],
  ];
}

function State({ instance }: { instance: HostedInstance }) {
  const now = useNow(1_000);
  const { label, tone } = describeState(instance);
  const { state, runningAt } = instance;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge tone={tone}>{label}</Badge>
      {state === "running" &&
        runningAt !== null &&
        `for ${formatDuration((now - runningAt) / 1_000)}`}
    </span>
  );
}
