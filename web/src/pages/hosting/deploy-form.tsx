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
import { instancesKey, instanceQuery } from "../../api/hosting.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { IdentityFields, type Identity } from "../servers/identity-fields.tsx";
import { profilesFor } from "./hosting-words.ts";
import { PlanCount, usePlace } from "./notices.tsx";
import { VariableFields } from "./variable-fields.tsx";

interface Props {
  slug: string;
  entry: z.infer<typeof HostingCatalogue>["items"][number];
  /** Short names that other servers of the workspace have. */
  taken: ReadonlySet<string>;
}

interface Draft extends Identity {
  profile: Profile;
  values: Record<string, string>;
}

/** Asks for what the server needs, then deploys it and goes to where its start can be watched. */
export function DeployForm({ slug, entry, taken }: Props) {
  const [draft, setDraft] = useState<Draft>(() => ({
    slug: suggestSlug(entry.id, taken),
    name: "",
    prefix: "",
    profile: entry.profile,
    values: {},
  }));
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const deploy = useDeploy(slug);
  const input = toInput(entry.id, draft);
  const parsed = InstanceInput.safeParse(input);
  const place = usePlace(slug);
  const problem = (field: string) =>
    field === "slug" && taken.has(draft.slug)
      ? "Another server of this workspace has this name."
      : parsed.error?.issues.find(({ path }) => path[0] === field)?.message;
  const canDeploy =
    parsed.success && !taken.has(draft.slug) && entry.isAvailable && place?.isFull !== true;
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
            Stored encrypted for this server alone. Nobody can read them back.
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
            choices={profilesFor(entry)}
            onChange={(profile) => set({ profile })}
          />
        </Field>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-xs text-dim">
            {entry.isAvailable ? (
              <PlanCount slug={slug} />
            ) : (
              "No container host can run this one now."
            )}
          </p>
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
  return useChange({
    run: (input: z.input<typeof InstanceInput>) =>
      request(HostedInstance, "POST", `/workspaces/${slug}/instances`, input),
    refresh: [instancesKey(slug)],
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

/** The catalogue's own name, or `memory-2` where that is taken. */
function suggestSlug(id: string, taken: ReadonlySet<string>): string {
  let slug = id;
  for (let number = 2; taken.has(slug); number++) slug = `${id}-${number}`;
  return slug;
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
