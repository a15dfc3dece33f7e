import { useQuery } from "@tanstack/react-query";
import { Webhook } from "lucide-react";
import { useState } from "react";
import { AlertChannel, AlertTest } from "../../../../workers/contract/api/alerts.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { alertChannelsKey, alertChannelsQuery } from "../../api/alerts.ts";
import { useCan } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Switch } from "../../ui/switch.tsx";
import { showToast } from "../../ui/toast.ts";
import { AddChannelDialog } from "./add-channel-dialog.tsx";
import { KindChoices, labelOf } from "./kind-choices.tsx";

/** The webhooks and Slack channels of a workspace. */
export function ChannelsSection({ slug }: { slug: string }) {
  const channels = useQuery(alertChannelsQuery(slug));
  const mayChange = useCan(slug, "workspace.configure");
  const [isAdding, setIsAdding] = useState(false);
  return (
    <Section
      title="Channels"
      hint="Webhooks and Slack, for the whole workspace."
      actions={mayChange && <Button onClick={() => setIsAdding(true)}>Add a channel</Button>}
    >
      <Loaded query={channels}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={Webhook} title="No channels yet">
              <p>Add a webhook or a channel of Slack, so that alerts reach the team.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line" aria-label="Channels">
              {items.map((channel) => (
                <Channel key={channel.id} slug={slug} channel={channel} mayChange={mayChange} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <AddChannelDialog slug={slug} isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Section>
  );
}

interface ChannelProps {
  slug: string;
  channel: AlertChannel;
  mayChange: boolean;
}

function Channel({ slug, channel, mayChange }: ChannelProps) {
  const { id, name, host, kind, kinds, isEnabled, waiting } = channel;
  const patch = useApiMutation({
    run: (body: object) =>
      request(AlertChannel, "PATCH", `/workspaces/${slug}/alert-channels/${id}`, body),
    invalidate: [alertChannelsKey(slug)],
  });
  return (
    <li className="flex flex-col gap-3 px-4 py-4" aria-label={escapeLine(name)}>
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 className="wrap-anywhere">{escapeLine(name)}</h3>
          <p className="mt-0.5 text-xs text-dim wrap-anywhere">
            {kind === "slack" ? "Slack" : "Signed webhook"} at {host}
            {waiting > 0 && `. ${pluralize(waiting, "alert")} wait for another attempt`}
          </p>
        </div>
        <Switch
          label={`Send alerts to ${escapeLine(name)}`}
          isOn={isEnabled}
          isDisabled={!mayChange || patch.isPending}
          onChange={(next) => patch.mutate({ isEnabled: next })}
        />
      </div>
      {mayChange ? (
        <KindChoices
          label="Kinds"
          kinds={kinds}
          onChange={(next) => patch.mutate({ kinds: next })}
        />
      ) : (
        <p className="text-sm">{kinds.map(labelOf).join(", ") || "No kinds"}</p>
      )}
      {mayChange && <ChannelActions slug={slug} channel={channel} />}
    </li>
  );
}

function ChannelActions({ slug, channel: { id, name } }: Omit<ChannelProps, "mayChange">) {
  const [isAsked, setIsAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const path = `/workspaces/${slug}/alert-channels/${id}`;
  const test = useApiMutation({
    run: () => request(AlertTest, "POST", `${path}/test`, {}),
    invalidate: [],
    onDone: (result) => {
      setProblem(result.problem);
      if (result.problem === null) showToast("The test alert has arrived");
    },
  });
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", path),
    invalidate: [alertChannelsKey(slug)],
    onDone: () => setIsAsked(false),
  });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button size="sm" isBusy={test.isPending} onClick={() => test.mutate(undefined)}>
        Send a test alert
      </Button>
      <Button size="sm" variant="danger" onClick={() => setIsAsked(true)}>
        Remove
      </Button>
      {problem !== null && (
        <p role="alert" className="w-full text-xs text-bad wrap-anywhere">
          The test alert has not arrived: {escapeLine(problem)}
        </p>
      )}
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title={`Remove ${escapeLine(name)}?`}
        confirmLabel="Remove"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
      >
        <p>Alerts that wait for it are not sent.</p>
      </ConfirmDialog>
    </div>
  );
}
