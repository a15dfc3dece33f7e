import { useState } from "react";
import { RecoveryCodes } from "../../../../workers/contract/api/people.ts";
import { meQuery, useMe } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { CopyTextButton } from "../../ui/copy.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";

/** Creates recovery codes and shows them once. */
export function RecoveryCodesSection() {
  const { recoveryCodesLeft } = useMe();
  const [codes, setCodes] = useState<string[]>();
  const create = useApiMutation({
    run: () => request(RecoveryCodes, "POST", "/me/recovery-codes", {}),
    invalidate: [meQuery.queryKey],
    onDone: (created) => setCodes(created.codes),
  });
  const isFirst = recoveryCodesLeft === 0;
  return (
    <Section
      title="Recovery codes"
      hint={
        isFirst
          ? "You have no recovery codes. Each code lets you sign in once without a passkey."
          : `${pluralize(recoveryCodesLeft, "code")} left. Each code works once.`
      }
      actions={
        codes === undefined && (
          <Button
            size="sm"
            variant={isFirst ? "primary" : "secondary"}
            isBusy={create.isPending}
            onClick={() => create.mutate(undefined)}
          >
            {isFirst ? "Create recovery codes" : "Replace codes"}
          </Button>
        )
      }
    >
      {codes !== undefined && (
        <div className="flex flex-col gap-3 p-4">
          <p className="text-dim">
            Save these codes in your password manager. They are shown only once. Previous codes no
            longer work.
          </p>
          <ul className="flex flex-col gap-1 rounded-md border border-line bg-soft p-3 font-mono text-xs">
            {codes.map((code) => (
              <li key={code} className="wrap-anywhere">
                {code}
              </li>
            ))}
          </ul>
          <div>
            <CopyTextButton text={codes.join("\n")} contentName="codes" />
          </div>
        </div>
      )}
    </Section>
  );
}
