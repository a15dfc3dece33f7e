import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CheckedServer, ServerTest } from "../../../../workers/contract/api/resources.ts";
import { ServerInput } from "../../../../workers/contract/rpc/commands.ts";
import { withStepUp } from "../../api/ceremonies.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { suggestSlug } from "../../ui/suggest-slug.ts";
import { Tabs } from "../../ui/tabs.tsx";
import { showToast, showErrorToast } from "../../ui/toast.ts";
import { HostingCatalogueList } from "../hosting/hosting-catalogue-list.tsx";
import { HeaderRows, toHeaders, type HeaderRow } from "./header-rows.tsx";
import { IdentityFields, type Identity } from "./identity-fields.tsx";
import { TestResult } from "./test-result.tsx";

interface Draft extends Identity {
  url: string;
  headers: HeaderRow[];
  credentials: HeaderRow[];
}

const EMPTY: Draft = { url: "", slug: "", name: "", prefix: "", headers: [], credentials: [] };

const route = getRouteApi("/signed-in/w/$slug/servers/new");
const SOURCES = [
  { value: "url", label: "Connect by URL" },
  { value: "catalogue", label: "Host a server" },
] as const;

/** Adds a server by URL, or deploys one from the hosting catalogue. */
export function AddServerPage() {
  const slug = useWorkspaceSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sources = useCan(slug, "hosting.manage") ? SOURCES : SOURCES.slice(0, 1);
  const source = sources.find(({ value }) => value === search.source)?.value ?? "url";
  return (
    <RequirePermission action="server.manage">
      <Page>
        <PageHeader title="Add a server">
          {source === "url"
            ? "Connect any MCP server that supports Streamable HTTP or HTTP+SSE."
            : "Deploy a server from the catalogue to a container host."}
        </PageHeader>
        <Tabs
          label="Server source"
          value={source}
          onChange={(next) =>
            void navigate({
              search: { source: next === "catalogue" ? next : undefined },
              replace: true,
            })
          }
          tabs={sources}
        >
          {source === "url" ? (
            <AddServerForm />
          ) : (
            <HostingCatalogueList
              slug={slug}
              q={search.q ?? ""}
              onSearch={(q) => void navigate({ search: (old) => ({ ...old, q }), replace: true })}
            />
          )}
        </Tabs>
      </Page>
    </RequirePermission>
  );
}

/** `https://mcp.github.example/sse` suggests `github`; an address without a host name suggests what the name does. */
function suggestServerSlug({ url, name }: Draft): string {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: "" };
  const hasHostName = !/^[\d.]*$|^\[/.test(hostname);
  const labels = hostname.split(".").filter((label) => !["www", "mcp", "api"].includes(label));
  if (hasHostName && labels[0] !== undefined) return suggestSlug(labels[0], "server");
  return name.trim() === "" ? "" : suggestSlug(name, "server");
}

function toInput(draft: Draft, slug: string) {
  const name = draft.name.trim();
  const prefix = draft.prefix.trim();
  return {
    slug,
    url: draft.url.trim(),
    headers: toHeaders(draft.headers),
    ...(draft.credentials.length > 0 ? { credentials: toHeaders(draft.credentials) } : {}),
    ...(name === "" ? {} : { name }),
    ...(prefix === "" ? {} : { prefix }),
  };
}

function useAddServer(draft: Draft, slug: string) {
  const workspace = useWorkspaceSlug();
  const client = useQueryClient();
  const navigate = useNavigate();
  const test = useMutation({
    mutationFn: () => {
      const { url, headers, credentials } = toInput(draft, slug);
      const body = { url, headers, ...(credentials ? { credentials } : {}) };
      return withStepUp(client, () =>
        request(ServerTest, "POST", `/workspaces/${workspace}/server-tests`, body),
      );
    },
    onError: showErrorToast,
  });
  const add = useApiMutation({
    run: () =>
      request(CheckedServer, "POST", `/workspaces/${workspace}/servers`, toInput(draft, slug)),
    invalidate: [workspaceKey(workspace, "servers"), workspaceKey(workspace, "health")],
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

/** Form in two steps: test the connection and show the server's features, then add the server. */
function AddServerForm() {
  const [draft, setDraft] = useState(EMPTY);
  const slug = draft.slug === "" ? suggestServerSlug(draft) : draft.slug;
  const { test, add } = useAddServer(draft, slug);
  const parsed = ServerInput.safeParse(toInput(draft, slug));
  const problem = (field: string) => findProblem(parsed, field);
  const set = (change: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...change }));
    if ("url" in change || "headers" in change || "credentials" in change) test.reset();
  };
  const hasUrl = draft.url.trim() !== "" && problem("url") === undefined;
  return (
    <form
      className="flex max-w-2xl flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (test.data) add.mutate(undefined);
        else test.mutate();
      }}
    >
      <Section className="flex flex-col gap-4 p-4">
        <Field label="URL" error={draft.url === "" ? undefined : problem("url")}>
          <TextInput
            value={draft.url}
            autoFocus
            type="url"
            spellCheck={false}
            placeholder="https://mcp.example.com/mcp"
            onChange={(event) => set({ url: event.currentTarget.value })}
          />
        </Field>
        <IdentityFields
          identity={{ ...draft, slug }}
          suggestedName={slug}
          onChange={set}
          problem={problem}
        />
        <HeaderFields draft={draft} set={set} />
      </Section>
      {test.data && <TestResult result={test.data} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          type={test.data ? "button" : "submit"}
          variant={test.data ? "secondary" : "primary"}
          disabled={!hasUrl}
          isBusy={test.isPending}
          onClick={test.data ? () => test.mutate() : undefined}
        >
          {test.data ? "Test again" : "Test connection"}
        </Button>
        {test.data && (
          <Button
            type="submit"
            variant={test.data.error ? "secondary" : "primary"}
            disabled={!parsed.success}
            isBusy={add.isPending}
          >
            {test.data.error ? "Add anyway" : "Add server"}
          </Button>
        )}
      </div>
    </form>
  );
}

interface PartProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
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
