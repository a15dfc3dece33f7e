import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { Profile } from "../../../../workers/contract/hosting/host-protocol.ts";
import {
  HostedInstance,
  InstanceInput,
  type HostingCatalogue,
} from "../../../../workers/contract/hosting/instances.ts";
import { suggestSlug } from "../../../../workers/contract/text/suggest-slug.ts";
import { instancesKey, instanceQuery } from "../../api/hosting.ts";
import { request } from "../../api/request.ts";
import { requestsKey } from "../../api/server-requests.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { IdentityFields, type Identity } from "../servers/identity-fields.tsx";
import { listProfiles } from "./describe-hosting.ts";
import { PlanUsage, usePlanUsage } from "./notices.tsx";
import { VariableFields } from "./variable-fields.tsx";

interface Props {
  slug: string;
  entry: z.infer<typeof HostingCatalogue>["items"][number];
  /** Short names of the workspace's other servers. */
  takenSlugs: ReadonlySet<string>;
  /** The entry of the marketplace that the server is from, and the request that it fulfils. */
  origin: { origin?: string; request?: string };
}

interface Draft extends Identity {
  profile: Profile;
  values: Record<string, string>;
}

/** Form for a server's variables, names and size. Deploys it, then opens the page that shows its start. */
export function DeployForm({ slug, entry, takenSlugs, origin }: Props) {
  const [draft, setDraft] = useState<Draft>(() => ({
    slug: suggestSlug(entry.id, "server", takenSlugs),
    name: "",
    prefix: "",
    profile: entry.profile,
    values: {},
  }));
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const deploy = useDeploy(slug);
  const input = { ...toInput(entry.id, draft), ...origin };
  const parsed = InstanceInput.safeParse(input);
  const planUsage = usePlanUsage(slug);
  const problem = (field: string) =>
    field === "slug" && takenSlugs.has(draft.slug)
      ? "Another server in this workspace already has this short name."
      : findProblem(parsed, field);
  const canDeploy =
    parsed.success &&
    !takenSlugs.has(draft.slug) &&
    entry.isAvailable &&
    planUsage?.isFull !== true;
  return (
    <Section>
      <form
        className="flex flex-col gap-4 p-4"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          deploy.mutate(input);
        }}
      >
        <VariableFields
          entry={entry}
          values={draft.values}
          onChange={(key, value) => set({ values: { ...draft.values, [key]: value } })}
        />
        {entry.variables.length > 0 && (
          <p className="text-xs text-dim">
            These values are stored encrypted for this server only. They cannot be viewed again.
          </p>
        )}
        <IdentityFields
          identity={draft}
          suggestedName={entry.name}
          onChange={set}
          problem={problem}
        />
        <Field label="Size">
          <Select
            className="sm:max-w-72"
            value={draft.profile}
            choices={listProfiles(entry)}
            onChange={(profile) => set({ profile })}
          />
        </Field>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-xs text-dim">{entry.unavailableReason ?? <PlanUsage slug={slug} />}</p>
          <Button type="submit" variant="primary" isBusy={deploy.isPending} disabled={!canDeploy}>
            <Rocket className="size-3.5" aria-hidden />
            Deploy
          </Button>
        </div>
      </form>
    </Section>
  );
}

function useDeploy(slug: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useApiMutation({
    run: (input: z.input<typeof InstanceInput>) =>
      request(HostedInstance, "POST", `/workspaces/${slug}/instances`, input),
    invalidate: [instancesKey(slug), requestsKey(slug)],
    onDone: (instance) => {
      client.setQueryData(instanceQuery(slug, instance.id).queryKey, instance);
      void navigate({
        to: "/w/$slug/servers/hosted/$instance",
        params: { slug, instance: instance.id },
        search: { console: true },
      });
    },
  });
}

function toInput(catalogueId: string, { slug, name, prefix, profile, values }: Draft) {
  const credentials = Object.entries(values).filter(([, value]) => value !== "");
  return {
    catalogueId,
    slug,
    profile,
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    ...(prefix.trim() === "" ? {} : { prefix: prefix.trim() }),
    ...(credentials.length === 0 ? {} : { credentials: Object.fromEntries(credentials) }),
  };
}
