import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Radio, RotateCw, SquareTerminal } from "lucide-react";
import type { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import {
  HostedInstance,
  type RestartInput,
} from "../../../../workers/contract/hosting/instances.ts";
import { hostingCatalogueQuery, instancesKey } from "../../api/hosting.ts";
import { refetch } from "../../api/refetch.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";
import { ConfigurationSection } from "./configuration-section.tsx";
import { DeployConsole } from "./deploy-console.tsx";
import { InstanceFacts } from "./instance-facts.tsx";
import { LogLines } from "./log-lines.tsx";
import { HostNotices } from "./notices.tsx";
import { TerminateSection } from "./terminate-section.tsx";
import { useInstanceLog } from "./use-instance-log.ts";
import { VersionsSection } from "./versions-section.tsx";

/** View state of an instance, kept in the URL's search parameters. */
export interface InstanceView {
  isConsoleOpen: boolean;
  /** Whether the log shows new lines as they arrive. */
  isFollowing: boolean;
}

interface Props extends InstanceView {
  slug: string;
  instance: HostedInstance;
  onViewChange: (change: Partial<InstanceView>) => void;
  /** Called after a successful start. Absent: the console closes. */
  onStarted?: () => void;
}

/** State, usage, log, configuration and termination of a hosted server. */
export function InstancePanel(props: Props) {
  const { slug, instance, isConsoleOpen, isFollowing, onViewChange, onStarted } = props;
  const client = useQueryClient();
  const lines = useInstanceLog(slug, instance.id, isFollowing || isConsoleOpen);
  const catalogue = useQuery(hostingCatalogueQuery);
  const entry = catalogue.data?.items.find(({ id }) => id === instance.catalogueId);
  const restart = useRestart(slug, instance);
  // Opens the console after the response, so that it does not show the state before the restart.
  const restartInConsole = (input: RestartInput) =>
    restart.mutate(input, { onSuccess: () => onViewChange({ isConsoleOpen: true }) });
  const finish = async () => {
    // The workspace has a server for it now. The next page needs it, so wait for the reload.
    const staleKeys = [workspaceKey(slug, "servers"), workspaceKey(slug, "health")];
    await Promise.all(staleKeys.map((queryKey) => refetch(client, queryKey)));
    showToast(`${instance.name} is running`);
    if (onStarted) onStarted();
    else onViewChange({ isConsoleOpen: false });
  };
  return (
    <div className="flex flex-col gap-5">
      <HostNotices />
      <InstanceFacts instance={instance} entry={entry}>
        {instance.state !== "running" && (
          <Button size="sm" onClick={() => onViewChange({ isConsoleOpen: true })}>
            <SquareTerminal className="size-3.5" aria-hidden />
            Console
          </Button>
        )}
        <Button size="sm" isBusy={restart.isPending} onClick={() => restartInConsole({})}>
          <RotateCw className="size-3.5" aria-hidden />
          Restart
        </Button>
      </InstanceFacts>
      <Log lines={lines} isFollowing={isFollowing} onViewChange={onViewChange} />
      <VersionsSection slug={slug} instance={instance} />
      {entry && (
        <ConfigurationSection
          key={JSON.stringify([instance.profile, instance.variables])}
          instance={instance}
          entry={entry}
          isBusy={restart.isPending}
          onSave={restartInConsole}
        />
      )}
      <TerminateSection slug={slug} instance={instance} />
      <DeployConsole
        instance={instance}
        lines={lines}
        isOpen={isConsoleOpen}
        onClose={() => onViewChange({ isConsoleOpen: false })}
        onReady={() => void finish()}
        onRestart={() => restart.mutate({})}
        isRestarting={restart.isPending}
      />
    </div>
  );
}

function useRestart(slug: string, instance: HostedInstance) {
  const path = `/workspaces/${slug}/instances/${instance.id}/restart`;
  return useApiMutation({
    run: (input: RestartInput) => request(HostedInstance, "POST", path, input),
    invalidate: [instancesKey(slug), workspaceKey(slug, "servers"), workspaceKey(slug, "health")],
  });
}

function Log({
  lines,
  isFollowing,
  onViewChange,
}: { lines: LogLine[] } & Pick<Props, "isFollowing" | "onViewChange">) {
  return (
    <Section
      title="Log"
      hint="Standard error of the server, starting with the last 50 lines."
      actions={
        <Button
          size="sm"
          aria-pressed={isFollowing}
          onClick={() => onViewChange({ isFollowing: !isFollowing })}
        >
          <Radio
            className={classNames("size-3.5", isFollowing && "animate-pulse text-ok")}
            aria-hidden
          />
          Follow
        </Button>
      }
    >
      <LogLines lines={lines} className="max-h-96 min-h-32" />
    </Section>
  );
}
