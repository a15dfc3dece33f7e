import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows, Undo2 } from "lucide-react";
import { Suspense, useState } from "react";
import { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import type { PackageVersion } from "../../../../workers/contract/hosting/package-versions.ts";
import {
  PackageComparison,
  type InstanceVersions,
  type VersionSwitch,
} from "../../../../workers/contract/hosting/version-switch.ts";
import { instancesKey, instanceVersionsQuery } from "../../api/hosting.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

const ComparisonDialog = lazyComponent(
  () => import("./version-comparison-dialog.tsx"),
  "VersionComparisonDialog",
);

/** Versions that are shown at first, and with each further click. */
const PAGE_SIZE = 8;

interface Props {
  slug: string;
  instance: HostedInstance;
}

/** The versions of a hosted server's package: compare one with what is approved, switch to it, and back. */
export function VersionsSection({ slug, instance }: Props) {
  const { versions: state } = instance;
  // What runs is read with the instance, which is polled: the list is kept for a minute.
  const query = useQuery(instanceVersionsQuery(slug, instance.id));
  const [compared, setCompared] = useState<PackageComparison | null>(null);
  const path = `/workspaces/${slug}/instances/${instance.id}`;
  const compare = useApiMutation({
    run: (version: string) =>
      request(PackageComparison, "POST", `${path}/version-comparison`, { version }),
    invalidate: [],
    onDone: setCompared,
  });
  const change = useApiMutation({
    run: (input: VersionSwitch) => request(HostedInstance, "POST", `${path}/version`, input),
    invalidate: [instancesKey(slug), workspaceKey(slug, "servers"), workspaceKey(slug, "health")],
    onDone: (_, { version }) => {
      setCompared(null);
      showToast(`${instance.name} starts with version ${version}`);
    },
  });
  const isBusy = compare.isPending || change.isPending || Boolean(state?.switching);
  return (
    <Section
      title="Versions"
      hint="A comparison starts the other version beside this one with the same values, and calls no tool. Clients notice nothing."
    >
      <div className="flex flex-col gap-3 p-4">
        {state?.switching && (
          <Notice tone="info">
            Version {state.current} is being started. If it does not start, version{" "}
            {state.switching.from.version} comes back.
          </Notice>
        )}
        {state?.failed && (
          <Notice tone="warn">
            Version {state.failed.version} did not start, so version {state.current} runs again:{" "}
            {state.failed.message}
          </Notice>
        )}
        <Loaded query={query} lines={4}>
          {(data) => (
            <>
              <Current
                name={data.package}
                current={state?.current ?? data.current}
                earlier={state?.earlier?.version ?? null}
                isBusy={isBusy}
                onBack={(version) => change.mutate({ version, contract: "earlier" })}
              />
              <OtherVersions
                data={data}
                current={state?.current ?? data.current}
                isBusy={isBusy}
                comparing={compare.isPending ? compare.variables : null}
                onCompare={(version) => compare.mutate(version)}
              />
            </>
          )}
        </Loaded>
      </div>
      {compared && (
        <Suspense>
          <ComparisonDialog
            comparison={compared}
            isBusy={change.isPending}
            onClose={() => setCompared(null)}
            onSwitch={(input) => change.mutate(input)}
          />
        </Suspense>
      )}
    </Section>
  );
}

function Current({
  name,
  current,
  earlier,
  isBusy,
  onBack,
}: {
  name: string;
  current: string;
  earlier: string | null;
  isBusy: boolean;
  onBack: (version: string) => void;
}) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="min-w-0 wrap-anywhere">
        <code className="text-xs">{name}</code> <strong>{current}</strong>
      </p>
      {earlier !== null && earlier !== current && (
        <Button size="sm" disabled={isBusy} onClick={() => onBack(earlier)}>
          <Undo2 className="size-3.5" aria-hidden />
          Back to {earlier}
        </Button>
      )}
    </div>
  );
}

function OtherVersions({
  data: { versions, problem },
  current,
  isBusy,
  comparing,
  onCompare,
}: {
  data: InstanceVersions;
  current: string;
  isBusy: boolean;
  comparing: string | null;
  onCompare: (version: string) => void;
}) {
  const [shown, setShown] = useState(PAGE_SIZE);
  const [typed, setTyped] = useState("");
  return (
    <>
      {problem !== null && <Notice tone="warn">{problem} You can type a version.</Notice>}
      <ul className="divide-y divide-line">
        {versions.slice(0, shown).map((one) => (
          <li key={one.version} className="flex flex-wrap items-center justify-between gap-2 py-2">
            <Version version={one} isCurrent={one.version === current} />
            {one.version !== current && (
              <Button
                size="sm"
                disabled={isBusy}
                isBusy={comparing === one.version}
                aria-label={`Compare ${one.version}`}
                onClick={() => onCompare(one.version)}
              >
                <GitCompareArrows className="size-3.5" aria-hidden />
                Compare
              </Button>
            )}
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-end gap-2">
        {versions.length > shown && (
          <Button onClick={() => setShown(shown + PAGE_SIZE)}>Show more</Button>
        )}
        <form
          className="flex min-w-0 flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            onCompare(typed.trim());
          }}
        >
          <Field label="Another version">
            <TextInput
              value={typed}
              placeholder="1.2.3"
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
          <Button
            type="submit"
            disabled={isBusy || typed.trim() === ""}
            isBusy={comparing !== null && comparing === typed.trim()}
          >
            Compare this version
          </Button>
        </form>
      </div>
    </>
  );
}

function Version({
  version: { version, publishedAt, isPrerelease, deprecated },
  isCurrent,
}: {
  version: PackageVersion;
  isCurrent: boolean;
}) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <p className="flex flex-wrap items-center gap-2">
        <span className="tabular-nums wrap-anywhere">{version}</span>
        {isCurrent && <Badge tone="accent">Runs now</Badge>}
        {isPrerelease && <Badge tone="warn">Prerelease</Badge>}
        {deprecated !== null && <Badge tone="bad">Deprecated</Badge>}
        {publishedAt !== null && (
          <span className="text-xs text-dim">
            <Time at={publishedAt} />
          </span>
        )}
      </p>
      {deprecated !== null && <p className="text-xs text-dim wrap-anywhere">{deprecated}</p>}
    </div>
  );
}
