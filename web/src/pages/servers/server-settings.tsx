import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { ServerPatch } from "../../../../workers/contract/rpc/commands.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { DangerSection } from "../../ui/danger-section.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";
import { CredentialsSection } from "./credentials-section.tsx";
import { HeaderRows, toHeaders } from "./header-rows.tsx";
import { PerPersonSection } from "./per-person-section.tsx";
import { PrefixDialog } from "./prefix-dialog.tsx";
import { RecentUse } from "./recent-use.tsx";
import { TimeLimitsSection } from "./time-limits-section.tsx";

interface Props {
  slug: string;
  server: Server;
}

/** Settings of a server: name, tool prefix, URL, headers, time limits, credentials, removal. */
export function ServerSettings({ slug, server }: Props) {
  return (
    <div className="flex max-w-2xl flex-col gap-5">
      <ConnectionSection slug={slug} server={server} />
      <TimeLimitsSection slug={slug} server={server} />
      {!server.hosted && (
        <PerPersonSection key={JSON.stringify(server.perPerson)} slug={slug} server={server} />
      )}
      {!server.hosted && <CredentialsSection slug={slug} server={server} />}
      {!server.hosted && <RemoveSection slug={slug} server={server} />}
    </div>
  );
}

function ConnectionSection({ slug, server }: Props) {
  const [draft, setDraft] = useState({
    name: server.name,
    url: server.url,
    prefix: server.prefix ?? "",
  });
  const [headers, setHeaders] = useState(
    Object.entries(server.headers).map(([header, value]) => ({ name: header, value })),
  );
  /** Whether the consequences of another prefix are shown. */
  const [isAsked, setIsAsked] = useState(false);
  const patch = {
    name: draft.name.trim(),
    prefix: draft.prefix.trim() === "" ? null : draft.prefix.trim(),
    // The gateway manages the URL of a hosted server.
    ...(server.hosted ? {} : { url: draft.url.trim(), headers: toHeaders(headers) }),
  };
  const parsed = ServerPatch.safeParse(patch);
  const problem = (field: string) =>
    field === "name" && patch.name === "" ? "Enter a name." : findProblem(parsed, field);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const save = useApiMutation({
    run: () => request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, patch),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setIsAsked(false);
      showToast("Settings saved");
    },
  });
  const hasNewPrefix = patch.prefix !== server.prefix;
  return (
    <Section title={server.hosted ? "Names" : "Connection"}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (hasNewPrefix) setIsAsked(true);
          else save.mutate(undefined);
        }}
      >
        <NameFields draft={draft} problem={problem} onChange={change} />
        {!server.hosted && (
          <>
            <UrlField server={server} url={draft.url} problem={problem} onChange={change} />
            <fieldset className="flex flex-col gap-2">
              <legend className="mb-1.5 text-xs font-medium">Headers</legend>
              <HeaderRows
                itemName="header"
                rows={headers}
                onChange={setHeaders}
                namePlaceholder="X-Team"
                valuePlaceholder="data"
              />
            </fieldset>
          </>
        )}
        <div className="flex justify-end">
          <Button
            type="submit"
            variant="primary"
            isBusy={save.isPending}
            disabled={!parsed.success}
          >
            Save
          </Button>
        </div>
      </form>
      <PrefixDialog
        slug={slug}
        server={server}
        prefix={patch.prefix}
        isOpen={isAsked}
        isBusy={save.isPending}
        onClose={() => setIsAsked(false)}
        onConfirm={() => save.mutate(undefined)}
      />
    </Section>
  );
}

interface Draft {
  name: string;
  url: string;
  prefix: string;
}

interface FieldsProps {
  problem: (field: string) => string | undefined;
  onChange: (change: Partial<Draft>) => void;
}

function NameFields({ draft, problem, onChange }: FieldsProps & { draft: Draft }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="Name" error={problem("name")}>
        <TextInput
          value={draft.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      </Field>
      <Field
        label="Tool prefix"
        hint="Leave empty to keep the tools’ own names."
        error={problem("prefix")}
      >
        <TextInput
          value={draft.prefix}
          className="font-mono"
          onChange={(event) => onChange({ prefix: event.currentTarget.value })}
        />
      </Field>
    </div>
  );
}

function UrlField({
  server,
  url,
  problem,
  onChange,
}: FieldsProps & { server: Server; url: string }) {
  const hasOtherOrigin =
    URL.canParse(url.trim()) && new URL(url.trim()).origin !== new URL(server.url).origin;
  return (
    <Field
      label="URL"
      error={problem("url")}
      {...(hasOtherOrigin && server.credentials.length > 0
        ? {
            hint: "This URL has a different origin. Saving deletes the stored credentials, so enter them again.",
          }
        : {})}
    >
      <TextInput
        value={url}
        spellCheck={false}
        onChange={(event) => onChange({ url: event.currentTarget.value })}
      />
    </Field>
  );
}

function RemoveSection({ slug, server }: Props) {
  const navigate = useNavigate();
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/servers/${server.slug}`),
    invalidate: [workspaceKey(slug, "servers"), workspaceKey(slug, "health")],
    onDone: () => {
      showToast(`${server.name} removed`);
      void navigate({ to: "/w/$slug/servers", params: { slug } });
    },
  });
  return (
    <DangerSection
      title="Remove server"
      hint="Removes its tools from every client immediately."
      confirmLabel="Remove server"
      confirmTitle={`Remove ${server.name}?`}
      confirmationText={server.slug}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      <RecentUse slug={slug} server={server.slug} />
      <p>Its stored credentials and the rules that name it are deleted with it.</p>
    </DangerSection>
  );
}
