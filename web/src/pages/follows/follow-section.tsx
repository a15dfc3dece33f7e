import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  FollowedRegistry,
  type FollowPlan,
} from "../../../../workers/contract/api/followed-registries.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { followPlanQuery, followsKey } from "../../api/follows.ts";
import { useCan } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time, TimeUntil } from "../../ui/time.tsx";
import { PlanForm } from "./plan-form.tsx";
import { ValueForm } from "./value-form.tsx";

/** One followed registry: its state, its plan and the decisions on it. */
export function FollowSection({ slug, id }: { slug: string; id: string }) {
  const plan = useQuery(followPlanQuery(slug, id));
  const canManage = useCan(slug, "server.manage");
  return (
    <Section>
      <Loaded query={plan}>
        {(data) => (
          <>
            <State plan={data} />
            {canManage && <Actions slug={slug} follow={data.follow} />}
            <PlanForm key={data.version} slug={slug} plan={data} canManage={canManage} />
            {canManage && <ValueForm slug={slug} follow={data.follow} />}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function State({ plan: { follow } }: { plan: FollowPlan }) {
  const { url, pattern, problem, checkedAt, nextRunAt, isRunning, approvedAt, approvedBy } = follow;
  return (
    <div className="flex flex-col gap-2 border-b border-line px-4 py-3">
      <h2 className="flex flex-wrap items-center gap-2 wrap-anywhere">
        {escapeLine(url)} <Badge>{escapeLine(pattern)}</Badge>
        {isRunning && <Badge tone="accent">In progress</Badge>}
        {follow.waiting > 0 && (
          <Badge tone="warn">{pluralize(follow.waiting, "decision")} to make</Badge>
        )}
        {follow.failing > 0 && (
          <Badge tone="bad">{pluralize(follow.failing, "entry", "entries")} not applied</Badge>
        )}
      </h2>
      <p className="text-xs text-dim">
        {checkedAt === null ? (
          "Not read yet."
        ) : (
          <>
            Last read <Time at={checkedAt} />.
          </>
        )}{" "}
        It is read again <TimeUntil at={nextRunAt} />, and keeps {pluralize(follow.kept, "server")}.{" "}
        {approvedAt === null ? (
          "No plan is approved yet."
        ) : (
          <>
            Approved <Time at={approvedAt} /> by {approvedBy?.name ?? approvedBy?.id}.
          </>
        )}
      </p>
      {problem !== null && (
        <Notice tone="warn">The last reading failed: {escapeLine(problem)}.</Notice>
      )}
    </div>
  );
}

function Actions({ slug, follow }: { slug: string; follow: FollowedRegistry }) {
  const path = `/workspaces/${slug}/followed-registries/${follow.id}`;
  const [isRemoving, setIsRemoving] = useState(false);
  const read = useApiMutation({
    run: () => request(FollowedRegistry, "POST", `${path}/runs`, {}),
    invalidate: [followsKey(slug)],
  });
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", path, {}),
    invalidate: [followsKey(slug)],
    onDone: () => setIsRemoving(false),
  });
  return (
    <div className="flex flex-wrap gap-2 border-b border-line px-4 py-3">
      <Button size="sm" isBusy={read.isPending} onClick={() => read.mutate()}>
        Read now
      </Button>
      <Button size="sm" onClick={() => setIsRemoving(true)}>
        Stop following
      </Button>
      <ConfirmDialog
        isOpen={isRemoving}
        onClose={() => setIsRemoving(false)}
        title="Stop following this registry?"
        confirmLabel="Stop following"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>The servers that it has added stay in the workspace. They are no longer kept in step.</p>
      </ConfirmDialog>
    </div>
  );
}
