import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Workspace } from "../../../workers/contract/api/resources.ts";
import { WorkspacePatch } from "../../../workers/contract/rpc/commands.ts";
import { meQuery, useMay } from "../api/me.ts";
import { request, requestNothing } from "../api/request.ts";
import { useChange } from "../api/use-change.ts";
import { keyOf, workspaceQuery } from "../api/workspace.ts";
import { Allowed } from "../shell/allowed.tsx";
import { useSlug } from "../shell/use-slug.ts";
import { announce } from "../ui/announce.ts";
import { Button } from "../ui/button.tsx";
import { DangerSection } from "../ui/danger-section.tsx";
import { Field, TextInput } from "../ui/field.tsx";
import { Page, PageHeader, Section } from "../ui/page.tsx";
import { Loaded } from "../ui/states.tsx";
import { Switch } from "../ui/switch.tsx";
import { PreviewDialog } from "./access/preview-dialog.tsx";

interface Props {
  slug: string;
  workspace: Workspace;
}

/** The workspace's name, limits, default access and retention; and its deletion. */
export function SettingsPage() {
  const slug = useSlug();
  const workspace = useQuery(workspaceQuery(slug));
  return (
    <Allowed action="workspace.configure">
      <Page isNarrow>
        <PageHeader title="Settings">
          Address <code className="font-mono text-xs">{slug}</code>, which cannot be changed.
        </PageHeader>
        <Loaded query={workspace}>
          {(data) => (
            <>
              <NameSection slug={slug} workspace={data} />
              <DefaultAccessSection slug={slug} workspace={data} />
              <LimitsSection slug={slug} workspace={data} />
              <RetentionSection slug={slug} workspace={data} />
              <DeleteSection slug={slug} />
            </>
          )}
        </Loaded>
      </Page>
    </Allowed>
  );
}

/** Saves part of the settings; the way back is offered for a while. */
function useSettings({ slug, workspace }: Props) {
  const save = useChange({
    run: (patch: WorkspacePatch) => request(Workspace, "PATCH", `/workspaces/${slug}`, patch),
    refresh: [keyOf(slug, "settings"), meQuery.queryKey],
    onDone: (_, patch) => {
      const { name, limits, retentionDays, defaultAccess } = workspace;
      const before = { name, limits, retentionDays, defaultAccess };
      const old = Object.fromEntries(Object.entries(before).filter(([field]) => field in patch));
      announce("Settings saved", () => save.mutate(old));
    },
  });
  return save;
}

interface FormProps {
  title: string;
  hint?: string;
  patch: WorkspacePatch;
  isChanged: boolean;
  save: ReturnType<typeof useSettings>;
  children: ReactNode;
}

function SettingsForm({ title, hint, patch, isChanged, save, children }: FormProps) {
  const isValid = WorkspacePatch.safeParse(patch).success;
  return (
    <Section title={title} {...(hint === undefined ? {} : { hint })}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(patch);
        }}
      >
        {children}
        <div className="flex justify-end">
          <Button type="submit" isBusy={save.isPending} disabled={!isChanged || !isValid}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}

function NameSection(props: Props) {
  const { slug, workspace } = props;
  const [name, setName] = useState(workspace.name);
  const save = useSettings(props);
  if (!useMay(slug, "workspace.rename")) return null;
  return (
    <SettingsForm
      title="Name"
      patch={{ name: name.trim() }}
      isChanged={name.trim() !== workspace.name}
      save={save}
    >
      <Field label="Workspace name">
        <TextInput
          value={name}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
    </SettingsForm>
  );
}

function DefaultAccessSection(props: Props) {
  const { slug, workspace } = props;
  const [proposed, setProposed] = useState<"open" | "closed">();
  const save = useSettings(props);
  return (
    <Section>
      <div className="flex items-start justify-between gap-4 p-4">
        <div>
          <h2>Closed by default</h2>
          <p className="mt-0.5 text-dim">
            People without rules may call nothing, instead of everything. Counts while rules are
            enforced.
          </p>
        </div>
        <Switch
          label="Closed by default"
          isOn={workspace.defaultAccess === "closed"}
          onChange={(isOn) => setProposed(isOn ? "closed" : "open")}
        />
      </div>
      <PreviewDialog
        slug={slug}
        title={proposed === "closed" ? "Close access by default?" : "Open access by default?"}
        verb={proposed === "closed" ? "Close access" : "Open access"}
        proposal={proposed === undefined ? undefined : { defaultAccess: proposed }}
        isBusy={save.isPending}
        onClose={() => setProposed(undefined)}
        onConfirm={() =>
          proposed !== undefined &&
          save.mutate({ defaultAccess: proposed }, { onSuccess: () => setProposed(undefined) })
        }
      />
    </Section>
  );
}

function LimitsSection(props: Props) {
  const { limits } = props.workspace;
  const [perAddress, setPerAddress] = useState(String(limits.perAddressPerMinute));
  const [perToken, setPerToken] = useState(String(limits.perTokenPerMinute ?? ""));
  const save = useSettings(props);
  const patch = {
    limits: {
      perAddressPerMinute: Number(perAddress),
      perTokenPerMinute: perToken.trim() === "" ? null : Number(perToken),
    },
  };
  const isChanged =
    patch.limits.perAddressPerMinute !== limits.perAddressPerMinute ||
    patch.limits.perTokenPerMinute !== limits.perTokenPerMinute;
  return (
    <SettingsForm
      title="Limits"
      hint="Requests above a limit are refused with 429 and how long to wait."
      patch={patch}
      isChanged={isChanged}
      save={save}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Requests per minute and address" hint="IPv6 addresses count by /64.">
          <TextInput
            type="number"
            min={1}
            max={1_000_000}
            value={perAddress}
            onChange={(event) => setPerAddress(event.currentTarget.value)}
          />
        </Field>
        <Field label="Requests per minute and token" hint="Empty: no such limit.">
          <TextInput
            type="number"
            min={1}
            max={1_000_000}
            value={perToken}
            onChange={(event) => setPerToken(event.currentTarget.value)}
          />
        </Field>
      </div>
    </SettingsForm>
  );
}

function RetentionSection(props: Props) {
  const { slug, workspace } = props;
  const [days, setDays] = useState(String(workspace.retentionDays));
  const save = useSettings(props);
  if (!useMay(slug, "workspace.rename")) return null;
  return (
    <SettingsForm
      title="Retention"
      patch={{ retentionDays: Number(days) }}
      isChanged={Number(days) !== workspace.retentionDays}
      save={save}
    >
      <Field
        label="Keep calls for (days)"
        hint="1 to 90. Older rows are deleted every night, for good."
      >
        <TextInput
          type="number"
          min={1}
          max={90}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
      </Field>
    </SettingsForm>
  );
}

function DeleteSection({ slug }: { slug: string }) {
  const navigate = useNavigate();
  const remove = useChange({
    run: () => requestNothing("DELETE", `/workspaces/${slug}?confirm=${slug}`),
    refresh: [meQuery.queryKey],
    onDone: () => void navigate({ to: "/" }),
  });
  if (!useMay(slug, "workspace.delete")) return null;
  return (
    <DangerSection
      title="Delete this workspace"
      hint="Every client is cut off at once. This cannot be undone."
      verb="Delete workspace"
      question="Delete this workspace?"
      typed={slug}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      Its servers, people, rules, tokens and stored credentials go with it.
    </DangerSection>
  );
}
