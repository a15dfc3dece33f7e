import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { Instant } from "../tokens/instant.tsx";
import type { AgentRule } from "./trust-rule-draft.ts";

const TrustRuleDialog = lazyComponent(() => import("./trust-rule-dialog.tsx"), "TrustRuleDialog");
const SnippetDialog = lazyComponent(() => import("./snippet-dialog.tsx"), "SnippetDialog");

interface Props {
  slug: string;
  agent: Agent;
  canManage: boolean;
}

/** What is open: a dialog, with the rule that it concerns; undefined: a new one. */
interface Opened {
  kind: "edit" | "snippet" | "remove";
  rule: AgentRule | undefined;
}

/** The trust rules of an agent: whose tokens its workloads exchange for access. */
export function TrustRules({ slug, agent, canManage }: Props) {
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  const { trustRules } = agent;
  return (
    <Section
      title="Trust rules"
      hint="A workload exchanges its own token for access. It needs no stored secret."
      actions={
        canManage && (
          <Button size="sm" onClick={() => setOpened({ kind: "edit", rule: undefined })}>
            <Plus className="size-3.5" aria-hidden />
            Add trust rule
          </Button>
        )
      }
    >
      {trustRules.length === 0 ? (
        <EmptyState title="No trust rules">
          <p>No workload acts as this agent until a rule says whose tokens it has.</p>
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {trustRules.map((rule) => (
            <RuleRow
              key={rule.id}
              rule={rule}
              canManage={canManage}
              onOpen={(kind) => setOpened({ kind, rule })}
            />
          ))}
        </ul>
      )}
      <Suspense>
        {opened?.kind === "edit" && (
          <TrustRuleDialog slug={slug} agent={agent} rule={opened.rule} onClose={close} />
        )}
        {opened?.kind === "snippet" && opened.rule && (
          <SnippetDialog slug={slug} rule={opened.rule} onClose={close} />
        )}
      </Suspense>
      <RemoveRule
        slug={slug}
        agent={agent}
        rule={opened?.kind === "remove" ? opened.rule : undefined}
        onClose={close}
      />
    </Section>
  );
}

function RuleRow(props: {
  rule: AgentRule;
  canManage: boolean;
  onOpen: (kind: Opened["kind"]) => void;
}) {
  const { rule, canManage, onOpen } = props;
  const { name, issuer, audience, claims, lastUsedAt } = rule;
  const of = ` of ${escapeLine(name)}`;
  return (
    <li className="flex flex-col gap-3 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="min-w-0 font-medium wrap-anywhere">
          <DisplayName name={name} />
          <span className="block text-xs font-normal text-dim">
            Last call: <Instant at={lastUsedAt} none="none" />
          </span>
        </h3>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" aria-label={`Use in a workload${of}`} onClick={() => onOpen("snippet")}>
            Use in a workload…
          </Button>
          {canManage && (
            <>
              <Button size="sm" aria-label={`Change rule${of}`} onClick={() => onOpen("edit")}>
                Change…
              </Button>
              <Button size="sm" aria-label={`Remove rule${of}`} onClick={() => onOpen("remove")}>
                Remove…
              </Button>
            </>
          )}
        </div>
      </div>
      <dl className="grid gap-x-4 gap-y-1 text-xs sm:grid-cols-[6rem_minmax(0,1fr)]">
        <dt className="text-dim">Issuer</dt>
        <dd className="font-mono wrap-anywhere">{escapeLine(issuer)}</dd>
        <dt className="text-dim">Audience</dt>
        <dd className="-my-1.5 flex items-center gap-1 font-mono wrap-anywhere">
          {escapeLine(audience)}
          <CopyButton text={audience} contentName="audience" />
        </dd>
        {Object.entries(claims).map(([claim, value]) => (
          <div key={claim} className="contents">
            <dt className="text-dim wrap-anywhere">{claim}</dt>
            <dd className="font-mono wrap-anywhere">{escapeLine(value)}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function RemoveRule(props: {
  slug: string;
  agent: Agent;
  rule: AgentRule | undefined;
  onClose: () => void;
}) {
  const { slug, agent, rule, onClose } = props;
  const remove = useApiMutation({
    run: (id: string) =>
      requestNoContent("DELETE", `/workspaces/${slug}/agents/${agent.id}/trust-rules/${id}`),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast("Trust rule removed");
      onClose();
    },
  });
  return (
    <ConfirmDialog
      isOpen={rule !== undefined}
      onClose={onClose}
      title="Remove this trust rule?"
      confirmLabel="Remove rule"
      isBusy={remove.isPending}
      onConfirm={() => rule && remove.mutate(rule.id)}
    >
      <p>
        The access tokens that it issued stop working immediately, and its workloads get no new
        ones.
      </p>
    </ConfirmDialog>
  );
}
