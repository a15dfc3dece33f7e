import { useState } from "react";
import { ServerContract } from "../../../../../workers/contract/api/contracts.ts";
import type { ChangePolicy } from "../../../../../workers/contract/records/contract.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { Section } from "../../../ui/page.tsx";
import { showToast } from "../../../ui/toast.ts";
import { POLICIES } from "./describe-change.ts";

interface Props {
  slug: string;
  contract: ServerContract;
  canManage: boolean;
}

/** What happens to changes of a server’s definitions, and what each choice means. */
export function PolicySection({ slug, contract, canManage }: Props) {
  const { policy, server } = contract;
  const [choice, setChoice] = useState<ChangePolicy>();
  const value = choice ?? policy;
  const save = useApiMutation({
    run: () =>
      request(ServerContract, "PATCH", `/workspaces/${slug}/servers/${server.slug}/contract`, {
        policy: value,
      }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setChoice(undefined);
      showToast("Change policy saved");
    },
  });
  const note = describeSwitch(contract, value);
  return (
    <Section
      title="Change policy"
      hint="When the server shows other definitions than the approved ones."
    >
      <fieldset className="flex flex-col gap-3 px-4 py-3" disabled={!canManage}>
        <legend className="sr-only">Change policy</legend>
        {POLICIES.map(({ value: of, label, meaning }) => (
          <div key={of} className="flex items-start gap-2.5">
            <input
              id={`policy-${of}`}
              type="radio"
              name="change-policy"
              value={of}
              checked={of === value}
              onChange={() => setChoice(of)}
              aria-describedby={`policy-${of}-meaning`}
              className="mt-1 accent-accent"
            />
            <div className="min-w-0">
              <label htmlFor={`policy-${of}`} className="font-medium">
                {label}
              </label>
              <p id={`policy-${of}-meaning`} className="text-xs text-dim">
                {meaning}
              </p>
            </div>
          </div>
        ))}
      </fieldset>
      {value !== policy && (
        <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3">
          <p className="min-w-0 flex-1 basis-60 text-xs">{note}</p>
          <Button onClick={() => setChoice(undefined)}>Cancel</Button>
          <Button variant="primary" isBusy={save.isPending} onClick={() => save.mutate(undefined)}>
            Save policy
          </Button>
        </div>
      )}
    </Section>
  );
}

function describeSwitch({ policy, digest }: ServerContract, to: ChangePolicy): string {
  if (to === "allow") return "Clients get all changes at once. The contract is kept for later.";
  if (policy === "allow")
    return digest === null
      ? "What the server shows now becomes the approved contract."
      : "The contract that was approved before is in force again.";
  return to === "allow_and_tell"
    ? "Clients get the held changes at once."
    : "Clients go back to the approved definitions.";
}
