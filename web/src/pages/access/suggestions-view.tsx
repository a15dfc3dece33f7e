import { useQuery } from "@tanstack/react-query";
import { Leaf } from "lucide-react";
import { useState } from "react";
import type { AccessSuggestion } from "../../../../workers/contract/api/access-suggestions.ts";
import { Rules } from "../../../../workers/contract/api/resources.ts";
import { suggestionsQuery } from "../../api/access-suggestions.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { describeScope } from "./rules.ts";

/** Who uses less than it may, with the rules that would be enough. */
export function SuggestionsView({ slug }: { slug: string }) {
  const suggestions = useQuery(suggestionsQuery(slug));
  return (
    <Section
      title="Least privilege"
      hint="By the calls of the last 30 days: the rules that would be enough."
    >
      <Loaded query={suggestions}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={Leaf} title="Nothing to suggest">
              <p>People and teams use what their rules allow, or have no rules to narrow.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line" aria-label="Suggestions">
              {items.map((item) => (
                <Suggestion key={item.id} slug={slug} suggestion={item} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

interface Props {
  slug: string;
  suggestion: AccessSuggestion;
}

function Suggestion({ slug, suggestion }: Props) {
  const { kind, name, usedTools, allowedTools, recentRules } = suggestion;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
      <span className="font-medium">
        <DisplayName name={name} />
      </span>
      {kind === "team" && <Badge>Team</Badge>}
      <span className="text-sm text-dim">
        used {usedTools} of {pluralize(allowedTools, "tool")}
      </span>
      {recentRules.length > 0 && (
        <Badge tone="warn">{pluralize(recentRules.length, "rule")} younger than 30 days</Badge>
      )}
      <Button
        size="sm"
        className="ml-auto"
        aria-label={`Narrow the rules of ${name}`}
        onClick={() => setIsOpen(true)}
      >
        Narrow …
      </Button>
      <NarrowDialog
        slug={slug}
        suggestion={suggestion}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
      />
    </li>
  );
}

function NarrowDialog(props: Props & { isOpen: boolean; onClose: () => void }) {
  const { slug, suggestion, isOpen, onClose } = props;
  const { kind, id, name, rules, suggestedRules, ends, rulesVersion } = suggestion;
  const lost = rules.filter((rule) => !suggestedRules.includes(rule));
  const added = suggestedRules.filter((rule) => !rules.includes(rule));
  const save = useApiMutation({
    run: () =>
      request(Rules, "PUT", `/workspaces/${slug}/${kind}s/${id}/rules`, {
        rules: suggestedRules,
        ends,
        isRestricted: true,
        rulesVersion,
      }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast("Rules narrowed");
      onClose();
    },
  });
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={`Narrow the rules of ${name}?`}>
      <div className="flex flex-col gap-3 text-sm">
        <p>What was called within 30 days goes on working. Other calls are refused.</p>
        <RuleList title="Taken away" rules={lost} />
        <RuleList title="Added" rules={added} />
        {rules.length === 0 && <p>The default access is taken away, too.</p>}
      </div>
      <FormActions>
        <Button data-initial-focus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="primary" isBusy={save.isPending} onClick={() => save.mutate(undefined)}>
          Narrow
        </Button>
      </FormActions>
    </Dialog>
  );
}

function RuleList({ title, rules }: { title: string; rules: string[] }) {
  if (rules.length === 0) return null;
  return (
    <div>
      <h3 className="text-xs font-medium">{title}</h3>
      <ul className="mt-1 max-h-40 overflow-y-auto font-mono text-xs" aria-label={title}>
        {rules.map((rule) => (
          <li key={rule} className="wrap-anywhere">
            {describeScope(rule)}
          </li>
        ))}
      </ul>
    </div>
  );
}
