import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCan } from "../api/me.ts";
import { workspaceQuery } from "../api/workspace.ts";
import { RequirePermission } from "../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../shell/use-workspace-slug.ts";
import { buttonClass } from "../ui/button.tsx";
import { Field, TextInput } from "../ui/field.tsx";
import { Page, PageHeader, Section } from "../ui/page.tsx";
import { Loaded } from "../ui/states.tsx";
import { Switch } from "../ui/switch.tsx";
import { PreviewDialog } from "./access/preview-dialog.tsx";
import {
  DEFAULT_ACCESS_TITLE,
  describeDefaultAccessQuestion,
  describeDefaultAccessSetting,
} from "./access/settings-words.ts";
import { AssertionIssuersSection } from "./settings/assertion-issuers/assertion-issuers-section.tsx";
import { DeleteSection } from "./settings/delete-section.tsx";
import { FleetSection } from "./settings/fleet-section.tsx";
import { OauthSection } from "./settings/oauth-section.tsx";
import { ReadOnlySettings } from "./settings/read-only-settings.tsx";
import { RegistrySection } from "./settings/registry-section.tsx";
import { RetentionSection } from "./settings/retention-section.tsx";
import {
  SettingsForm,
  useSettings,
  type SettingsProps as Props,
} from "./settings/settings-form.tsx";

/** Settings of a workspace: name, default access, rate limits, sign-in from clients, retention, deletion. */
export function SettingsPage() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  const mayChange = useCan(slug, "workspace.configure");
  return (
    <RequirePermission action="rules.read">
      <Page isNarrow>
        <PageHeader title="Settings">
          Short name: <code className="font-mono text-xs">{slug}</code>. It cannot be changed.
        </PageHeader>
        <Loaded query={workspace}>
          {(data) =>
            mayChange ? (
              <>
                <NameSection slug={slug} workspace={data} />
                <DefaultAccessSection slug={slug} workspace={data} />
                <LimitsSection slug={slug} workspace={data} />
                <OauthSection slug={slug} workspace={data} />
                <CompanySection slug={slug} />
                <AssertionIssuersSection slug={slug} />
                <RegistrySection slug={slug} workspace={data} />
                <FleetSection slug={slug} />
                <RetentionSection slug={slug} workspace={data} />
                <DeleteSection slug={slug} />
              </>
            ) : (
              <>
                <ReadOnlySettings workspace={data} />
                <FleetSection slug={slug} />
              </>
            )
          }
        </Loaded>
      </Page>
    </RequirePermission>
  );
}

function CompanySection({ slug }: { slug: string }) {
  if (!useCan(slug, "sign-ins.read")) return null;
  return (
    <Section>
      <div className="flex items-center justify-between gap-4 p-4">
        <div>
          <h2>Company sign-in</h2>
          <p className="mt-0.5 text-dim">
            People sign in with their company account, and its groups give roles.
          </p>
        </div>
        <Link to="/w/$slug/settings/company-sign-in" params={{ slug }} className={buttonClass()}>
          Set up
        </Link>
      </div>
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
          <h2>{DEFAULT_ACCESS_TITLE}</h2>
          <p className="mt-0.5 text-dim">{describeDefaultAccessSetting(workspace)}</p>
        </div>
        <Switch
          label={DEFAULT_ACCESS_TITLE}
          isOn={workspace.defaultAccess === "open"}
          onChange={(isOn) => setProposed(isOn ? "open" : "closed")}
        />
      </div>
      <PreviewDialog
        slug={slug}
        {...describeDefaultAccessQuestion(proposed ?? "closed")}
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
