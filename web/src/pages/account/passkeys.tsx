import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { Passkey } from "../../../../workers/contract/api/people.ts";
import { createPasskey } from "../../api/ceremonies.ts";
import { meQuery } from "../../api/me.ts";
import { request, requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";

const key = ["passkeys"];

/** One's passkeys: add one of another device, remove a lost one. */
export function Passkeys() {
  const passkeys = useQuery({
    queryKey: key,
    queryFn: () => request(z.object({ items: z.array(Passkey) }), "GET", "/me/passkeys"),
  });
  const [removed, setRemoved] = useState<Passkey>();
  const add = useChange({
    run: async () => {
      const response = await createPasskey("/me/passkeys/options", {});
      const label = `Added ${new Date().toLocaleDateString()}`;
      return request(Passkey, "POST", "/me/passkeys", { label, response });
    },
    refresh: [key, meQuery.queryKey],
    onDone: () => announce("Passkey added"),
  });
  const remove = useChange({
    run: ({ id }: Passkey) => requestNothing("DELETE", `/me/passkeys/${id}`),
    refresh: [key, meQuery.queryKey],
    onDone: () => {
      setRemoved(undefined);
      announce("Passkey removed");
    },
  });
  return (
    <Section
      title="Passkeys"
      hint="A second one, on another device, keeps you from being locked out."
      actions={
        <Button size="sm" isBusy={add.isPending} onClick={() => add.mutate(undefined)}>
          Add a passkey
        </Button>
      }
    >
      <Loaded query={passkeys} lines={2}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.map((passkey) => (
              <li key={passkey.id} className="flex items-center gap-3 px-4 py-3">
                <div className="min-w-0 flex-1">
                  <p className="truncate">
                    {passkey.label} {passkey.isBackedUp && <Badge>synced</Badge>}
                  </p>
                  <p className="text-xs text-dim">
                    Made <Time at={passkey.createdAt} />
                    {passkey.lastUsedAt !== null && (
                      <>
                        {" "}
                        · used <Time at={passkey.lastUsedAt} />
                      </>
                    )}
                  </p>
                </div>
                {items.length > 1 && (
                  <Button size="sm" onClick={() => setRemoved(passkey)}>
                    Remove
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <ConfirmDialog
        isOpen={removed !== undefined}
        onClose={() => setRemoved(undefined)}
        title="Remove this passkey?"
        verb="Remove passkey"
        isBusy={remove.isPending}
        onConfirm={() => removed && remove.mutate(removed)}
      >
        <p>“{removed?.label}” will no longer sign you in.</p>
      </ConfirmDialog>
    </Section>
  );
}
