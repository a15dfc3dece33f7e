import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Workspace } from "../../../workers/contract/api/resources.ts";
import { Slug } from "../../../workers/contract/records/slug.ts";
import { suggestSlug } from "../../../workers/contract/text/suggest-slug.ts";
import { meQuery, useMe } from "../api/me.ts";
import { request } from "../api/request.ts";
import { useApiMutation } from "../api/use-api-mutation.ts";
import { toGatewayUrl } from "../connect/gateway-url.ts";
import { Button } from "../ui/button.tsx";
import { FormActions } from "../ui/dialog.tsx";
import { Field, TextInput } from "../ui/field.tsx";
import { findProblem } from "../ui/find-problem.ts";
import { Page, PageHeader, Section } from "../ui/page.tsx";
import { EmptyState } from "../ui/states.tsx";

/** Creates a workspace; the creator becomes its owner. */
export function NewWorkspacePage() {
  const { canCreateWorkspaces, memberships } = useMe();
  if (!canCreateWorkspaces)
    return (
      <EmptyState title="You don’t belong to any workspace yet">
        <p>Ask an owner or admin of a workspace to invite you.</p>
      </EmptyState>
    );
  return (
    <Page isNarrow>
      <PageHeader
        title={memberships.length === 0 ? "Create your first workspace" : "New workspace"}
      >
        A workspace has its own servers, members, rules and gateway URL.
      </PageHeader>
      <Section className="p-4">
        <NewWorkspaceForm />
      </Section>
    </Page>
  );
}

function NewWorkspaceForm() {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [typedSlug, setTypedSlug] = useState<string>();
  const taken = new Set(useMe().memberships.map(({ workspace }) => workspace.slug));
  const slug = typedSlug ?? (name.trim() === "" ? "" : suggestSlug(name, "workspace", taken));
  const problem = slug === "" ? undefined : findProblem(Slug.safeParse(slug));
  const create = useApiMutation({
    run: () => request(Workspace, "POST", "/workspaces", { slug, name: name.trim() }),
    invalidate: [meQuery.queryKey],
    onDone: () => void navigate({ to: "/w/$slug", params: { slug } }),
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined);
      }}
    >
      <Field label="Name">
        <TextInput
          value={name}
          autoFocus
          maxLength={120}
          placeholder="Data team"
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field
        label="Short name"
        error={problem}
        hint={`Gateway URL: ${toGatewayUrl(slug || "short-name")}. You cannot change the short name later.`}
      >
        <TextInput
          value={slug}
          spellCheck={false}
          className="font-mono"
          onChange={(event) => setTypedSlug(event.currentTarget.value)}
        />
      </Field>
      <FormActions>
        <Button
          type="submit"
          variant="primary"
          isBusy={create.isPending}
          disabled={name.trim() === "" || slug === "" || problem !== undefined}
        >
          Create workspace
        </Button>
      </FormActions>
    </form>
  );
}
