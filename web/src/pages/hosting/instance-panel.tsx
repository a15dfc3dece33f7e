import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Radio, RotateCw, SquareTerminal } from "lucide-react";
import type { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import {
  HostedInstance,
  type RestartInput,
} from "../../../../workers/contract/hosting/instances.ts";
import { catalogueQuery, instancesKey } from "../../api/hosting.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Section } from "../../ui/page.tsx";
import { Configuration } from "./configuration.tsx";
import { DeployConsole } from "./deploy-console.tsx";
import { InstanceFacts } from "./instance-facts.tsx";
import { LogLines } from "./log-lines.tsx";
import { HostNotices } from "./notices.tsx";
import { Terminate } from "./terminate.tsx";
import { useInstanceLog } from "./use-instance-log.ts";

export interface InstanceView {
  isConsoleOpen: boolean;
  /** Whether new lines are added to the log as they come. */
  isFollowed: boolean;
}

interface Props extends InstanceView {
  slug: string;
  instance: HostedInstance;
  onView: (change: Partial<InstanceView>) => void;
  /** The console has closed by itself. */
  onStarted?: () => void;
}

/** How a hosted server runs: state, use, log, what it was deployed with, and its end. */
export function InstancePanel(props: Props) {
  const { slug, instance, isConsoleOpen, isFollowed, onView, onStarted } = props;
  const client = useQueryClient();
  const lines = useInstanceLog(slug, instance.id, isFollowed || isConsoleOpen);
  const catalogue = useQuery(catalogueQuery);
  const entry = catalogue.data?.items.find(({ id }) => id === instance.catalogueId);
  const restart = useRestart(slug, instance);
  // Not before it is answered: the state before the restart is not the one to watch.
  const watchRestart = (input: RestartInput) =>
    restart.mutate(input, { onSuccess: () => onView({ isConsoleOpen: true }) });
  const finish = async () => {
    // Its server is in the gateway now; where it is shown next, it must be known.
    const touched = [keyOf(slug, "servers"), keyOf(slug, "health")];
    await Promise.all(touched.map((queryKey) => client.invalidateQueries({ queryKey })));
    announce(`${instance.name} is running`);
    if (onStarted) onStarted();
    else onView({ isConsoleOpen: false });
  };
  return (
    <div className="flex flex-col gap-5">
      <HostNotices />
      <InstanceFacts instance={instance} entry={entry}>
        {instance.state !== "running" && (
          <Button size="sm" onClick={() => onView({ isConsoleOpen: true })}>
            <SquareTerminal className="size-3.5" aria-hidden />
            Console
          </Button>
        )}
        <Button size="sm" isBusy={restart.isPending} onClick={() => watchRestart({})}>
          <RotateCw className="size-3.5" aria-hidden />
          Restart
        </Button>
      </InstanceFacts>
      <Log lines={lines} isFollowed={isFollowed} onView={onView} />
      {entry && (
        <Configuration
          key={JSON.stringify([instance.profile, instance.variables])}
          instance={instance}
          entry={entry}
          isBusy={restart.isPending}
          onSave={watchRestart}
        />
      )}
      <Terminate slug={slug} instance={instance} />
      <DeployConsole
        instance={instance}
        lines={lines}
        isOpen={isConsoleOpen}
        onClose={() => onView({ isConsoleOpen: false })}
        onReady={() => void finish()}
        onRestart={() => restart.mutate({})}
        isRestarting={restart.isPending}
      />
    </div>
  );
}

function useRestart(slug: string, instance: HostedInstance) {
  const path = `/workspaces/${slug}/instances/${instance.id}/restart`;
  return useChange({
    run: (input: RestartInput) => request(HostedInstance, "POST", path, input),
    refresh: [instancesKey(slug), keyOf(slug, "servers"), keyOf(slug, "health")],
  });
}

function Log({
  lines,
  isFollowed,
  onView,
}: { lines: LogLine[] } & Pick<Props, "isFollowed" | "onView">) {
  return (
    <Section
      title="Log"
      hint="What the server writes to its standard error, from its last 50 lines on."
      actions={
        <Button
          size="sm"
          aria-pressed={isFollowed}
          onClick={() => onView({ isFollowed: !isFollowed })}
        >
          <Radio
            className={classNames("size-3.5", isFollowed && "animate-pulse text-ok")}
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
