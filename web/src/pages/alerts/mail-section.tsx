import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AlertChoices } from "../../../../workers/contract/api/alerts.ts";
import { alertChoicesKey, alertChoicesQuery } from "../../api/alerts.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { KindChoices } from "./kind-choices.tsx";

/** What the signed-in person gets by e-mail. */
export function MailSection({ slug }: { slug: string }) {
  const choices = useQuery(alertChoicesQuery(slug));
  return (
    <Section title="By e-mail, to you">
      <Loaded query={choices}>
        {(known) => <MailForm key={known.kinds.join()} slug={slug} choices={known} />}
      </Loaded>
    </Section>
  );
}

function MailForm({ slug, choices }: { slug: string; choices: AlertChoices }) {
  const [kinds, setKinds] = useState(choices.kinds);
  const save = useApiMutation({
    run: () => request(AlertChoices, "PUT", `/workspaces/${slug}/me/alert-choices`, { kinds }),
    invalidate: [alertChoicesKey(slug)],
    onDone: () => showToast("Choices saved"),
  });
  const isSame = kinds.join() === choices.kinds.join();
  return (
    <form
      className="flex flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <p className="text-sm text-dim wrap-anywhere">{describeMail(choices)}</p>
      <KindChoices label="Kinds that you get" kinds={kinds} onChange={setKinds} />
      <div className="flex justify-end">
        <Button type="submit" isBusy={save.isPending} disabled={isSame}>
          Save
        </Button>
      </div>
    </form>
  );
}

function describeMail({ isMailOn, email }: AlertChoices): string {
  if (!isMailOn) return "This deployment sends no e-mail: its operator has to name a mail server.";
  if (email === null)
    return "You have no e-mail address here. An owner or admin can add it at People.";
  return `They go to ${email}.`;
}
