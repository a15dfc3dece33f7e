import { RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { ContainerHost, PROCESS_ENGINE } from "../../../../workers/contract/hosting/hosts.ts";
import { hostsQuery } from "../../api/hosts.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { formatBytes, pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section, type Tone } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { DrainButton, RemoveButton } from "./host-actions.tsx";

/** A container host: state, version, capacity, instances, last contact, findings of its checks, and actions. */
export function HostCard({ host }: { host: ContainerHost }) {
  const check = useApiMutation({
    run: () => request(ContainerHost, "POST", `/hosts/${host.id}/check`, {}),
    invalidate: [hostsQuery.queryKey],
    onDone: ({ problem }) => showToast(problem ?? `${host.id} responded`),
  });
  const state = toState(host);
  return (
    <li>
      <Section>
        <div className="flex flex-wrap items-start gap-3 px-4 py-3">
          <div className="min-w-0 flex-1 basis-60">
            <h2 className="flex flex-wrap items-center gap-2 wrap-anywhere">
              {host.id} <Badge tone={state.tone}>{state.label}</Badge>
            </h2>
            <p className="truncate font-mono text-xs text-dim">{host.url}</p>
          </div>
          <div className="flex flex-wrap gap-2">
            <Button size="sm" isBusy={check.isPending} onClick={() => check.mutate(undefined)}>
              <RefreshCw className="size-3.5" aria-hidden />
              Check now
            </Button>
            <DrainButton host={host} />
            <RemoveButton host={host} />
          </div>
        </div>
        {host.problem !== null && (
          <p
            role="status"
            className="border-t border-line bg-bad-soft px-4 py-2 text-bad wrap-anywhere"
          >
            {host.problem}
          </p>
        )}
        <Facts host={host} />
        <Findings host={host} />
      </Section>
    </li>
  );
}

function toState({ problem, isDraining, report }: ContainerHost): { tone: Tone; label: string } {
  if (problem !== null) return { tone: "bad", label: "Not reachable" };
  if (report?.findings?.some(({ state }) => state === "refused"))
    return { tone: "bad", label: "Takes no new servers" };
  if (isDraining) return { tone: "warn", label: "Draining" };
  return { tone: "ok", label: "Ready" };
}

function Facts({ host: { report, placedInstances, checkedAt } }: { host: ContainerHost }) {
  const memory = report?.memory;
  const usedBytes = memory ? memory.totalBytes - memory.availableBytes : 0;
  return (
    <dl className="grid grid-cols-2 gap-px border-t border-line bg-line sm:grid-cols-3 lg:grid-cols-5">
      <Fact name="Hosted servers">
        {pluralize(placedInstances, "instance")}
        {report && report.instances !== placedInstances && (
          <span className="block text-xs text-dim">{report.instances} on the host</span>
        )}
      </Fact>
      <Fact name="Memory">
        {memory ? (
          <>
            {formatBytes(usedBytes)} of {formatBytes(memory.totalBytes)}
            <meter
              aria-label="Used memory"
              className="mt-1 block h-1.5 w-full"
              min={0}
              max={memory.totalBytes}
              high={memory.totalBytes * 0.9}
              value={usedBytes}
            />
          </>
        ) : (
          "–"
        )}
      </Fact>
      <Fact name="Version">{report?.version ?? "–"}</Fact>
      <Fact name="Engine">
        {report?.engineVersion === PROCESS_ENGINE
          ? "Plain processes, without containers"
          : (report?.engineVersion ?? (report ? "Does not respond" : "–"))}
      </Fact>
      <Fact name="Last contact">
        {checkedAt === null ? "Never" : <Time at={checkedAt} />}
        {report && (
          <span className="block text-xs text-dim">
            Started <Time at={report.startedAt} />
          </span>
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 bg-panel px-4 py-3 last:col-span-2 lg:last:col-span-1">
      <dt className="text-xs text-dim">{name}</dt>
      <dd className="mt-0.5 wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}

const FINDING_TONES = { ok: "ok", warning: "warn", refused: "bad" } as const;
const FINDING_LABELS = { ok: "OK", warning: "Warning", refused: "Refused" };

/** Warnings and refusals; the checks that passed are behind a disclosure. */
function Findings({ host: { id, report } }: { host: ContainerHost }) {
  const findings = report?.findings ?? [];
  if (findings.length === 0) return null;
  const open = findings.filter(({ state }) => state !== "ok");
  const passed = findings.filter(({ state }) => state === "ok");
  return (
    <div className="border-t border-line">
      <FindingList findings={open} label={`Findings of ${id}`} />
      {passed.length > 0 && (
        <details>
          <summary className="px-4 py-2 text-xs text-dim hover:bg-soft">
            {pluralize(passed.length, "check")} passed
          </summary>
          <FindingList findings={passed} label={`Passed checks of ${id}`} />
        </details>
      )}
    </div>
  );
}

function FindingList(props: {
  findings: { check: string; state: keyof typeof FINDING_TONES; message: string }[];
  label: string;
}) {
  if (props.findings.length === 0) return null;
  return (
    <ul className="divide-y divide-line" aria-label={props.label}>
      {props.findings.map(({ check, state, message }) => (
        <li key={check} className="flex flex-wrap items-baseline gap-x-3 px-4 py-2">
          <Badge tone={FINDING_TONES[state]}>{FINDING_LABELS[state]}</Badge>
          <span className="font-mono text-xs">{check}</span>
          <p className="min-w-0 flex-1 basis-64 wrap-anywhere">{message}</p>
        </li>
      ))}
    </ul>
  );
}
