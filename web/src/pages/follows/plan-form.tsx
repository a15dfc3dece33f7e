import { useState } from "react";
import { FollowPlan, type PlanItem } from "../../../../workers/contract/api/followed-registries.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { followsKey } from "../../api/follows.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, LabelledCheckbox } from "../../ui/checkbox.tsx";
import { Badge } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";

interface Props {
  slug: string;
  plan: FollowPlan;
  canManage: boolean;
}

const KINDS: Record<PlanItem["kind"], string> = {
  add: "Add",
  deploy: "Deploy",
  change: "Change",
  remove: "Remove",
  refused: "Cannot be done",
  kept: "In step",
};

/** The plan of a follow, and its approval. Removals are not chosen at first. */
export function PlanForm({ slug, plan, canManage }: Props) {
  const { follow, items, version } = plan;
  const open = items.filter(({ state }) => state !== "none");
  const [chosen, setChosen] = useState(
    () =>
      new Set(
        open
          .filter(({ kind, state }) => kind !== "remove" && state !== "left-out")
          .map(({ name }) => name),
      ),
  );
  const [additions, setAdditions] = useState(
    follow.approvedAt === null || follow.automatic.additions,
  );
  const [changes, setChanges] = useState(follow.approvedAt === null || follow.automatic.changes);
  const approve = useApiMutation({
    run: () =>
      request(
        FollowPlan,
        "POST",
        `/workspaces/${slug}/followed-registries/${follow.id}/approvals`,
        {
          version,
          names: [...chosen],
          automatic: { additions, changes },
        },
      ),
    invalidate: [followsKey(slug), workspaceKey(slug, "servers")],
    onDone: () => showToast("Plan approved"),
  });
  const toggle = (name: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  if (follow.checkedAt === null) return null;
  if (items.length === 0)
    return <p className="px-4 py-3 text-dim">The registry has no entry within the pattern.</p>;
  return (
    <>
      <ul className="divide-y divide-line" aria-label="Plan">
        {items.map((item) => (
          <Item
            key={item.name}
            item={item}
            isChosen={chosen.has(item.name)}
            onChange={canManage ? (isChosen) => toggle(item.name, isChosen) : undefined}
          />
        ))}
      </ul>
      {canManage && (
        <div className="flex flex-col gap-3 border-t border-line px-4 py-3">
          <Choice
            label="Add new entries of the pattern without asking"
            isChecked={additions}
            onChange={setAdditions}
          />
          <Choice
            label="Apply changes that keep host, package and required values without asking"
            isChecked={changes}
            onChange={setChanges}
          />
          <Button
            variant="primary"
            className="self-start"
            isBusy={approve.isPending}
            onClick={() => approve.mutate()}
          >
            Approve plan
          </Button>
        </div>
      )}
    </>
  );
}

function Choice(props: { label: string; isChecked: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <LabelledCheckbox isChecked={props.isChecked} onChange={props.onChange}>
      {props.label}
    </LabelledCheckbox>
  );
}

function Item(props: {
  item: PlanItem;
  isChosen: boolean;
  onChange: ((isChosen: boolean) => void) | undefined;
}) {
  const { item, isChosen, onChange } = props;
  const { name, title, version, kind, state, server, address, notes, reason } = item;
  const tone = kind === "remove" || kind === "refused" ? "warn" : "neutral";
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      {state !== "none" && onChange && (
        <div className="pt-0.5">
          <Checkbox label={`${KINDS[kind]} ${name}`} isChecked={isChosen} onChange={onChange} />
        </div>
      )}
      <div className="flex min-w-0 flex-1 flex-col gap-1 wrap-anywhere">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={tone}>{KINDS[kind]}</Badge>
          <strong className="font-medium">{escapeLine(title ?? name)}</strong>
          {state === "left-out" && <Badge>Left out</Badge>}
          {server !== null && <span className="text-xs text-dim">Server {server}</span>}
        </p>
        {(title ?? version) !== null && (
          <p className="font-mono text-xs text-dim">
            {escapeLine(
              [...(title === null ? [] : [name]), ...(version === null ? [] : [version])].join(" "),
            )}
          </p>
        )}
        {address !== null && <p className="font-mono text-xs">{escapeLine(address)}</p>}
        {[...notes, ...(reason === null ? [] : [reason])].map((text) => (
          <p key={text} className="text-xs">
            {escapeLine(text)}
          </p>
        ))}
      </div>
    </li>
  );
}
