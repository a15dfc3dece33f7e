import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Membership } from "../../../../../workers/contract/api/people.ts";
import { Slug } from "../../../../../workers/contract/records/slug.ts";
import { suggestSlug } from "../../../../../workers/contract/text/suggest-slug.ts";
import { useMe } from "../../../api/me.ts";
import { toolNamesQuery } from "../../../api/workspace.ts";
import { lastWorkspace } from "../../../shell/last-workspace.ts";
import { Button, buttonClass } from "../../../ui/button.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { findProblem } from "../../../ui/find-problem.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import { Select } from "../../../ui/select.tsx";
import { findColliding, type ApplyItem, type Settings } from "./apply-item.ts";
import { ApplyRow } from "./apply-row.tsx";
import { useApply, type Target } from "./use-apply.ts";

const NEW = "";

interface Props {
  items: ApplyItem[];
  /** The workspace; absent: the person chooses one, or makes one. */
  workspace?: string;
}

/** A plan that an owner or admin applies to a workspace: each server with its values, prefix and outcome. */
export function ApplyPlan({ items, workspace }: Props) {
  const { memberships, canCreateWorkspaces } = useMe();
  const mine = memberships.filter(({ actions }) => actions.includes("server.manage"));
  const [chosen, setChosen] = useState(workspace ?? lastWorkspace.find(mine) ?? NEW);
  const [name, setName] = useState("");
  const [left, setLeft] = useState<ReadonlySet<string>>(
    () => new Set(items.filter(({ isOff }) => isOff).map(({ key }) => key)),
  );
  const [changes, setChanges] = useState<ReadonlyMap<string, Partial<Settings>>>(new Map());
  const { apply, outcomes, problem, isBusy, appliedTo } = useApply();
  const tools = useQuery({ ...toolNamesQuery(chosen), enabled: chosen !== NEW });
  const colliding = findColliding(
    items,
    // What it has already is no collision with what is added.
    appliedTo === null ? (tools.data ?? []).map(({ exposedName }) => exposedName) : [],
  );
  const taken = new Set(memberships.map((one) => one.workspace.slug));
  const newSlug = suggestSlug(name, "workspace", taken);
  const isNamed = chosen !== NEW || (name.trim() !== "" && !findProblem(Slug.safeParse(newSlug)));
  const target: Target = chosen === NEW ? { newSlug, name: name.trim() } : { slug: chosen };
  const usable = items.filter(({ key, way }) => way.kind !== "none" && !left.has(key));
  const toSettings = ({ key, initial }: ApplyItem): Settings => ({
    slug: suggestSlug(key, "server"),
    prefix: colliding.has(key) ? suggestSlug(key, "server").slice(0, 32) : "",
    values: initial,
    ...changes.get(key),
  });
  if (mine.length === 0 && !canCreateWorkspaces)
    return (
      <Notice tone="info">
        An owner or admin of a workspace can add these servers to it. Send them a link.
      </Notice>
    );
  return (
    <Section
      title="Add to a workspace"
      hint="The gateway gets the values below when you apply, and stores secret ones encrypted. Until then they stay on this page."
    >
      {workspace === undefined && (
        <TargetFields
          {...{ chosen, setChosen, name, setName, newSlug }}
          memberships={mine}
          canCreate={canCreateWorkspaces}
          isDisabled={isBusy}
        />
      )}
      <ul aria-label="Servers of the plan" className="divide-y divide-line">
        {items.map((item) => (
          <ApplyRow
            key={item.key}
            item={item}
            settings={toSettings(item)}
            isChosen={!left.has(item.key)}
            onChoose={(isChosen) =>
              setLeft(
                (old) =>
                  new Set(
                    isChosen ? [...old].filter((key) => key !== item.key) : [...old, item.key],
                  ),
              )
            }
            onChange={(change) =>
              setChanges((old) => new Map(old).set(item.key, { ...old.get(item.key), ...change }))
            }
            isColliding={colliding.has(item.key)}
            outcome={outcomes.get(item.key)}
            workspace={appliedTo}
          />
        ))}
      </ul>
      <Footer
        problem={problem}
        appliedTo={isBusy ? null : appliedTo}
        isBusy={isBusy}
        canApply={isNamed && usable.length > 0}
        onApply={() => void apply(target, usable, toSettings)}
      />
    </Section>
  );
}

interface TargetProps {
  chosen: string;
  setChosen: (slug: string) => void;
  name: string;
  setName: (name: string) => void;
  newSlug: string;
  memberships: Membership[];
  canCreate: boolean;
  isDisabled: boolean;
}

/** Which workspace gets the servers, and the name of a new one. */
function TargetFields(props: TargetProps) {
  const { chosen, setChosen, name, setName, newSlug, memberships, canCreate, isDisabled } = props;
  return (
    <div className="grid gap-3.5 border-b border-line p-4 sm:grid-cols-2">
      <Field label="Workspace">
        <Select
          value={chosen}
          onChange={setChosen}
          isDisabled={isDisabled}
          choices={[
            ...memberships.map(({ workspace }) => ({
              value: workspace.slug,
              label: workspace.name,
            })),
            ...(canCreate ? [{ value: NEW, label: "New workspace" }] : []),
          ]}
        />
      </Field>
      {chosen === NEW && (
        <Field label="Name of the workspace" hint={`Its short name will be ${newSlug}.`}>
          <TextInput
            value={name}
            maxLength={120}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
      )}
    </div>
  );
}

interface FooterProps {
  problem: string | null;
  /** The workspace that has the servers; null: it is not applied yet. */
  appliedTo: string | null;
  isBusy: boolean;
  canApply: boolean;
  onApply: () => void;
}

/** The button that applies the plan, and what went wrong with all of it. */
function Footer({ problem, appliedTo, isBusy, canApply, onApply }: FooterProps) {
  return (
    <div className="flex flex-wrap items-center justify-end gap-3 border-t border-line p-4">
      {problem !== null && (
        <p role="alert" className="min-w-0 flex-1 text-sm text-bad wrap-anywhere">
          {problem}
        </p>
      )}
      {appliedTo !== null && (
        <Link to="/w/$slug/servers" params={{ slug: appliedTo }} className={buttonClass()}>
          Open the servers
        </Link>
      )}
      <Button variant="primary" isBusy={isBusy} disabled={!canApply} onClick={onApply}>
        Apply
      </Button>
    </div>
  );
}
