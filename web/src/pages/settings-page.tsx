import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Workspace } from "../../../workers/contract/api/resources.ts";
import { WorkspacePatch } from "../../../workers/contract/rpc/commands.ts";
import { meQuery, useCan } from "../api/me.ts";
import { request, requestNoContent } from "../api/request.ts";
import { useApiMutation } from "../api/use-api-mutation.ts";
import { workspaceKey, workspaceQuery } from "../api/workspace.ts";
import { RequirePermission } from "../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../shell/use-workspace-slug.ts";
import { Button } from "../ui/button.tsx";
import { DangerSection } from "../ui/danger-section.tsx";
import { Field, TextInput } from "../ui/field.tsx";
import { Page, PageHeader, Section } from "../ui/page.tsx";
import { Loaded } from "../ui/states.tsx";
import { Switch } from "../ui/switch.tsx";
import { showToast } from "../ui/toast.ts";
import { PreviewDialog } from "./access/preview-dialog.tsx";

interface Props {
  slug: string;
  workspace: Workspace;
}

/** Settings of a workspace: name, default access, rate limits, retention, deletion. */
export function SettingsPage() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  return (
    <RequirePermission action="workspace.configure">
      <Page isNarrow>
        <PageHeader title="Settings">
          Short name: <code className="font-mono text-xs">{slug}</code>. It cannot be changed.
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
    </RequirePermission>
  );
}

/** Mutation that saves part of the settings and shows a toast with Undo. */
function useSettings({ slug, workspace }: Props) {
  const save = useApiMutation({
    run: (patch: WorkspacePatch) => request(Workspace, "PATCH", `/workspaces/${slug}`, patch),
    invalidate: [workspaceKey(slug, "settings"), meQuery.queryKey],
    onDone: (_, patch) => {
      const { name, limits, retentionDays, defaultAccess } = workspace;
      const previous = { name, limits, retentionDays, defaultAccess };
      const undoPatch = Object.fromEntries(
        Object.entries(previous).filter(([field]) => field in patch),
      );
      showToast("Settings saved", () => save.mutate(undoPatch));
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
  if (!useCan(slug, "workspace.rename")) return null;
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
          <h2>Deny by default</h2>
          <p className="mt-0.5 text-dim">
            While rules are enforced, members without rules cannot call any tool. When this is off,
            they can call every tool.
          </p>
        </div>
        <Switch
          label="Deny by default"
          isOn={workspace.defaultAccess === "closed"}
          onChange={(isOn) => setProposed(isOn ? "closed" : "open")}
        />
      </div>
      <PreviewDialog
        slug={slug}
        title={proposed === "closed" ? "Deny access by default?" : "Allow access by default?"}
        confirmLabel={proposed === "closed" ? "Deny by default" : "Allow by default"}
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
      title="Rate limits"
      hint="The gateway refuses requests above a limit with status 429 and a Retry-After header."
      patch={patch}
      isChanged={isChanged}
      save={save}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Requests per minute per IP address"
          hint="IPv6 addresses are counted per /64 network."
        >
          <TextInput
            type="number"
            min={1}
            max={1_000_000}
            value={perAddress}
            onChange={(event) => setPerAddress(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Requests per minute per token"
          hint="All tokens of a member together have twice as many. Leave empty for no limit."
        >
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
  if (!useCan(slug, "workspace.rename")) return null;
  return (
    <SettingsForm
      title="Retention"
      patch={{ retentionDays: Number(days) }}
      isChanged={Number(days) !== workspace.retentionDays}
      save={save}
    >
      <Field
        label="Days to keep calls"
        hint="1 to 90 days. Older calls are permanently deleted every night."
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
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}?confirm=${slug}`),
    invalidate: [meQuery.queryKey],
    onDone: () => void navigate({ to: "/" }),
  });
  if (!useCan(slug, "workspace.delete")) return null;
  return (
    <DangerSection
      title="Delete workspace"
      hint="Disconnects every client immediately. This cannot be undone."
      confirmLabel="Delete workspace"
      confirmTitle="Delete this workspace?"
      confirmationText={slug}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      Its servers, members, rules, tokens and stored credentials are deleted with it.
    </DangerSection>
  );
}
