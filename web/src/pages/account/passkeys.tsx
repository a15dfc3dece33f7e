import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { Passkey } from "../../../../workers/contract/api/people.ts";
import { createPasskey } from "../../api/ceremonies.ts";
import { meQuery } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { LOCALE } from "../../ui/locale.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

const key = ["passkeys"];

/** The signed-in user's passkeys, with adding and removing. */
export function PasskeysSection() {
  const passkeys = useQuery({
    queryKey: key,
    queryFn: () => request(z.object({ items: z.array(Passkey) }), "GET", "/me/passkeys"),
  });
  const [selected, setSelected] = useState<Passkey>();
  const add = useApiMutation({
    run: async () => {
      const response = await createPasskey("/me/passkeys/options", {});
      const label = `Added ${new Date().toLocaleDateString(LOCALE)}`;
      return request(Passkey, "POST", "/me/passkeys", { label, response });
    },
    invalidate: [key, meQuery.queryKey],
    onDone: () => showToast("Passkey added"),
  });
  const remove = useApiMutation({
    run: ({ id }: Passkey) => requestNoContent("DELETE", `/me/passkeys/${id}`),
    invalidate: [key, meQuery.queryKey],
    onDone: () => {
      setSelected(undefined);
      showToast("Passkey removed");
    },
  });
  return (
    <Section
      title="Passkeys"
      hint="Add a second passkey on another device so that you don’t lose access."
      actions={
        <Button size="sm" isBusy={add.isPending} onClick={() => add.mutate(undefined)}>
          Add passkey
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
                    {passkey.label} {passkey.isBackedUp && <Badge>Synced</Badge>}
                  </p>
                  <p className="text-xs text-dim">
                    Created <Time at={passkey.createdAt} />
                    {passkey.lastUsedAt !== null && (
                      <>
                        {" "}
                        · last used <Time at={passkey.lastUsedAt} />
                      </>
                    )}
                  </p>
                </div>
                {items.length > 1 && (
                  <Button size="sm" onClick={() => setSelected(passkey)}>
                    Remove
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <ConfirmDialog
        isOpen={selected !== undefined}
        onClose={() => setSelected(undefined)}
        title="Remove this passkey?"
        confirmLabel="Remove passkey"
        isBusy={remove.isPending}
        onConfirm={() => selected && remove.mutate(selected)}
      >
        <p>You will no longer be able to sign in with “{selected?.label}”.</p>
      </ConfirmDialog>
    </Section>
  );
}
