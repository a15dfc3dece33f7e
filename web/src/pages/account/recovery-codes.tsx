import { useState } from "react";
import { RecoveryCodes } from "../../../../workers/contract/api/people.ts";
import { meQuery, useMe } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { Button } from "../../ui/button.tsx";
import { CopyTextButton } from "../../ui/copy.tsx";
import { plural } from "../../ui/numbers.ts";
import { Section } from "../../ui/page.tsx";

/** Makes recovery codes and shows them this once. */
export function RecoveryCodesSection() {
  const { recoveryCodesLeft } = useMe();
  const [codes, setCodes] = useState<string[]>();
  const make = useChange({
    run: () => request(RecoveryCodes, "POST", "/me/recovery-codes", {}),
    refresh: [meQuery.queryKey],
    onDone: (made) => setCodes(made.codes),
  });
  const isFirst = recoveryCodesLeft === 0;
  return (
    <Section
      title="Recovery codes"
      hint={
        isFirst
          ? "You have none. Each code signs you in once when your passkey is lost."
          : `${plural(recoveryCodesLeft, "code")} left. Each signs you in once.`
      }
      actions={
        codes === undefined && (
          <Button
            size="sm"
            variant={isFirst ? "primary" : "secondary"}
            isBusy={make.isPending}
            onClick={() => make.mutate(undefined)}
          >
            {isFirst ? "Make recovery codes" : "Replace them"}
          </Button>
        )
      }
    >
      {codes !== undefined && (
        <div className="flex flex-col gap-3 p-4">
          <p className="text-dim">
            Keep them where you keep passwords. They are shown this once; codes made earlier no
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
            <CopyTextButton text={codes.join("\n")} what="codes" />
          </div>
        </div>
      )}
    </Section>
  );
}
