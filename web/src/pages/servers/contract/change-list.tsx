import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  ServerContract,
  type ContractChange,
} from "../../../../../workers/contract/api/contracts.ts";
import { contractQuery } from "../../../api/contracts.ts";
import { refetch } from "../../../api/refetch.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { LabelledCheckbox } from "../../../ui/checkbox.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";
import { EmptyState } from "../../../ui/states.tsx";
import { showToast } from "../../../ui/toast.ts";
import { ChangeItem } from "./change-item.tsx";
import { useDefinitionFilter } from "./definition-filter.tsx";
import { describeCounts, toChangeId } from "./describe-change.ts";

/** Changes that are shown at first, and with each further click. */
const PAGE_SIZE = 50;

interface Props {
  slug: string;
  contract: ServerContract;
  canManage: boolean;
}

interface Decision {
  decision: "approve" | "refuse";
  changes: ContractChange[];
}

/** The changes of a server, worst first, with their decisions: of one, or of those that are selected. */
export function ChangeList({ slug, contract, canManage }: Props) {
  const { changes } = contract;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(PAGE_SIZE);
  const { found, bar, isLong } = useDefinitionFilter(changes, "changes");
  const decide = useDecision(slug, contract.server.slug, () => setChosen(new Set()));
  if (changes.length === 0)
    return (
      <Section title="Changes">
        <EmptyState title="No changes">
          <p>The server shows what is approved.</p>
        </EmptyState>
      </Section>
    );
  // What the filter hides is not decided with the rest.
  const selected = found.filter((change) => chosen.has(toChangeId(change)));
  const choose = (items: readonly ContractChange[], isChosen: boolean) => {
    const ids = new Set(items.map(toChangeId));
    const others = [...chosen].filter((id) => !ids.has(id));
    setChosen(new Set(isChosen ? [...others, ...ids] : others));
  };
  const hidden = found.length - shown;
  return (
    <Section
      title="Changes"
      hint={`${pluralize(changes.length, "definition differs", "definitions differ")} from the approved ones, the worst first: ${describeCounts(changes)}.`}
    >
      {bar}
      {canManage && (
        <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2">
          <LabelledCheckbox
            className="mr-auto"
            isChecked={found.length > 0 && selected.length === found.length}
            isMixed={selected.length > 0 && selected.length < found.length}
            onChange={(isChosen) => choose(found, isChosen)}
          >
            {selected.length === 0 ? "Select all" : `${selected.length} selected`}
          </LabelledCheckbox>
          {(["approve", "refuse"] as const).map((decision) => (
            <Button
              key={decision}
              variant={decision === "approve" ? "primary" : "secondary"}
              disabled={selected.length === 0}
              isBusy={decide.isPending}
              onClick={() => decide.mutate({ decision, changes: selected })}
            >
              {decision === "approve" ? "Approve selected" : "Refuse selected"}
            </Button>
          ))}
        </div>
      )}
      <ul className="divide-y divide-line">
        {found.slice(0, shown).map((change) => (
          <ChangeItem
            key={`${toChangeId(change)} ${change.digest}`}
            slug={slug}
            server={contract.server.slug}
            change={change}
            isFolded={isLong}
            actions={
              canManage
                ? {
                    isChosen: chosen.has(toChangeId(change)),
                    isBusy: decide.isPending,
                    onChoose: (isChosen) => choose([change], isChosen),
                    onDecide: (decision) => decide.mutate({ decision, changes: [change] }),
                  }
                : null
            }
          />
        ))}
      </ul>
      {hidden > 0 && (
        <div className="border-t border-line px-4 py-3">
          <Button onClick={() => setShown(shown + PAGE_SIZE)}>Show more</Button>
        </div>
      )}
    </Section>
  );
}

function useDecision(slug: string, server: string, onDone: () => void) {
  const client = useQueryClient();
  return useApiMutation({
    run: async ({ decision, changes }: Decision) => {
      const seen = changes.map(({ kind, key, digest }) => ({ kind, key, digest }));
      const path = `/workspaces/${slug}/servers/${server}/contract/${decision}`;
      try {
        return await request(ServerContract, "POST", path, { changes: seen });
      } catch (error) {
        // What the server shows can have moved on: the page shows that beside the reason.
        await refetch(client, contractQuery(slug, server).queryKey);
        throw error;
      }
    },
    invalidate: [workspaceKey(slug)],
    onDone: (_, { decision, changes }) => {
      onDone();
      showToast(
        `${pluralize(changes.length, "change")} ${decision === "approve" ? "approved" : "refused"}`,
      );
    },
  });
}
