import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CheckedServer } from "../../../../workers/contract/api/resources.ts";
import { ServerTest } from "../../../../workers/contract/api/server-test.ts";
import { Slug } from "../../../../workers/contract/records/slug.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { withStepUp } from "../../api/ceremonies.ts";
import { contractsQuery } from "../../api/contracts.ts";
import { request } from "../../api/request.ts";
import { requestsKey } from "../../api/server-requests.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { showToast, showErrorToast } from "../../ui/toast.ts";
import { EntryFields } from "./entry-fields.tsx";
import { HeaderRows } from "./header-rows.tsx";
import { IdentityFields } from "./identity-fields.tsx";
import { toSeenContract } from "./seen-contract.ts";
import {
  checkDraft,
  toFirstDraft,
  type DraftSource,
  type ServerDraft,
  type toServerInput,
} from "./server-draft.ts";
import { TestResult } from "./test-result.tsx";

type Input = ReturnType<typeof toServerInput>;

function useAddServer(input: Input) {
  const workspace = useWorkspaceSlug();
  const client = useQueryClient();
  const navigate = useNavigate();
  const test = useMutation({
    /** `slug`: finds an earlier server's contract. */
    mutationFn: (slug: string) => {
      const { url, headers, credentials } = input;
      const body = {
        url,
        headers,
        ...(credentials ? { credentials } : {}),
        ...(Slug.safeParse(slug).success ? { slug } : {}),
      };
      return withStepUp(client, () =>
        request(ServerTest, "POST", `/workspaces/${workspace}/server-tests`, body),
      );
    },
    onError: showErrorToast,
  });
  const add = useApiMutation({
    run: () => {
      const body = { ...input, ...(test.data ? toSeenContract(test.data) : {}) };
      return request(CheckedServer, "POST", `/workspaces/${workspace}/servers`, body);
    },
    invalidate: [
      workspaceKey(workspace, "servers"),
      contractsQuery(workspace).queryKey,
      workspaceKey(workspace, "health"),
      requestsKey(workspace),
    ],
    onDone: ({ server }) => {
      showToast(`${server.name} added`);
      void navigate({
        to: "/w/$slug/servers/$server",
        params: { slug: workspace, server: server.slug },
      });
    },
  });
  return { test, add };
}

/**
 * Form in two steps: test the connection and show the server's features, then add the server. `source`: the entry of the
 * marketplace that fills it in.
 */
export function AddServerForm({ source }: { source?: DraftSource }) {
  const [draft, setDraft] = useState(() => toFirstDraft(source));
  const { slug, input, urlFields, urlErrors, headerProblem, missing, isOpen, problem, isComplete } =
    checkDraft(draft, source);
  const { test, add } = useAddServer(input);
  const set = (change: Partial<ServerDraft>) => {
    setDraft((old) => ({ ...old, ...change }));
    if (["url", "headers", "credentials", "values"].some((field) => field in change)) test.reset();
  };
  const hasUrl = draft.url.trim() !== "" && !isOpen && problem("url") === undefined;
  const setValue = (id: string, value: string) => set({ values: { ...draft.values, [id]: value } });
  return (
    <form
      className="flex max-w-2xl flex-col gap-5"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (test.data) add.mutate(undefined);
        else test.mutate(slug);
      }}
    >
      <Section className="flex flex-col gap-4 p-4">
        <Field
          label="URL"
          error={draft.url === "" ? undefined : problem("url")}
          {...describeUrl(draft, input, missing?.label)}
        >
          <TextInput
            value={draft.url}
            autoFocus={!source}
            // The browser refuses places for variables in a URL.
            type={source ? "text" : "url"}
            spellCheck={false}
            placeholder="https://mcp.example.com/mcp"
            onChange={(event) => set({ url: event.currentTarget.value })}
          />
        </Field>
        <EntryFields
          fields={urlFields}
          values={draft.values}
          errors={urlErrors}
          onChange={setValue}
        />
        <IdentityFields
          identity={{ ...draft, slug }}
          suggestedName={slug}
          onChange={set}
          problem={problem}
        />
        {source && <DeclaredHeaders {...{ source, draft, setValue }} problem={headerProblem} />}
        <HeaderFields draft={draft} set={set} />
      </Section>
      {test.data && <TestResult result={test.data} isForSlug={test.variables === slug} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          type={test.data ? "button" : "submit"}
          variant={test.data ? "secondary" : "primary"}
          disabled={!hasUrl}
          isBusy={test.isPending}
          onClick={test.data ? () => test.mutate(slug) : undefined}
        >
          {test.data ? "Test again" : "Test connection"}
        </Button>
        {test.data && (
          <Button
            type="submit"
            variant={test.data.error ? "secondary" : "primary"}
            disabled={!isComplete}
            isBusy={add.isPending}
          >
            {test.data.error ? "Add anyway" : "Add server"}
          </Button>
        )}
      </div>
    </form>
  );
}

/** The hint of a URL that has places for variables. */
function describeUrl({ url }: ServerDraft, input: Input, missing: string | undefined) {
  if (missing !== undefined) return { hint: `Fill in ${escapeLine(missing)} for the address.` };
  return input.url === url.trim() ? {} : { hint: `The gateway calls ${escapeLine(input.url)}` };
}

/** The headers that the entry declares. */
function DeclaredHeaders(props: {
  source: DraftSource;
  draft: ServerDraft;
  setValue: (id: string, value: string) => void;
  problem: string | undefined;
}) {
  const { source, draft, setValue, problem } = props;
  const { headers, leftOut } = source.template;
  if (headers.length + leftOut.length === 0) return null;
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-1.5 text-xs font-medium">What the entry asks for</legend>
      <p className="text-xs text-dim">
        Request headers. Masked ones are stored encrypted and cannot be viewed again. A header
        without a value is not sent.
      </p>
      <EntryFields
        fields={headers.flatMap(({ fields }) => fields)}
        values={draft.values}
        onChange={setValue}
      />
      {leftOut.map(({ name, reason }, index) => (
        // A name can be there twice.
        // oxlint-disable-next-line react/no-array-index-key
        <p key={index} className="text-xs text-warn wrap-anywhere">
          The entry’s header {escapeLine(name)} is left out: {reason}
        </p>
      ))}
      {problem !== undefined && <p className="text-xs text-bad wrap-anywhere">{problem}</p>}
    </fieldset>
  );
}

interface PartProps {
  draft: ServerDraft;
  set: (change: Partial<ServerDraft>) => void;
}

function HeaderFields({ draft, set }: PartProps) {
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-xs font-medium">Credentials</legend>
        <p className="text-xs text-dim">
          Secret request headers. They are stored encrypted, sent only to this URL’s origin, and
          cannot be viewed again.
        </p>
        <HeaderRows
          itemName="credential"
          isSecret
          hasExpiry
          rows={draft.credentials}
          onChange={(credentials) => set({ credentials })}
          namePlaceholder="Authorization"
          valuePlaceholder="Bearer …"
        />
      </fieldset>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-xs font-medium">Headers</legend>
        <HeaderRows
          itemName="header"
          rows={draft.headers}
          onChange={(headers) => set({ headers })}
          namePlaceholder="X-Team"
          valuePlaceholder="data"
        />
      </fieldset>
    </>
  );
}
