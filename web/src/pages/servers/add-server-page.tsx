import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CheckedServer, ServerTest } from "../../../../workers/contract/api/resources.ts";
import { ServerInput } from "../../../../workers/contract/rpc/commands.ts";
import { withStepUp } from "../../api/ceremonies.ts";
import { useMay } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { Allowed } from "../../shell/allowed.tsx";
import { useSlug } from "../../shell/use-slug.ts";
import { announce, announceFailure } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Catalogue } from "../hosting/catalogue.tsx";
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
const WAYS = [
  { value: "url", label: "By URL" },
  { value: "host", label: "Host one" },
] as const;

/** Adds a server by its URL, or from the catalogue of those that can be hosted. */
export function AddServerPage() {
  const slug = useSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const ways = useMay(slug, "hosting.manage") ? WAYS : WAYS.slice(0, 1);
  const way = ways.find(({ value }) => value === search.way)?.value ?? "url";
  return (
    <Allowed action="server.manage">
      <Page>
        <PageHeader title="Add a server">
          {way === "url"
            ? "Any MCP server that speaks Streamable HTTP or HTTP+SSE."
            : "A server that runs in a container of yours, with a click."}
        </PageHeader>
        <Tabs
          label="Way"
          value={way}
          onChange={(next) =>
            void navigate({ search: { way: next === "host" ? next : undefined }, replace: true })
          }
          tabs={ways}
        >
          {way === "url" ? (
            <AddServerForm />
          ) : (
            <Catalogue
              slug={slug}
              q={search.q ?? ""}
              onSearch={(q) => void navigate({ search: (old) => ({ ...old, q }), replace: true })}
            />
          )}
        </Tabs>
      </Page>
    </Allowed>
  );
}

/** `https://mcp.github.example/sse` suggests `github`. */
function suggestSlug(url: string): string {
  if (!URL.canParse(url)) return "";
  const { hostname } = new URL(url);
  if (/^[\d.]+$|^\[/.test(hostname)) return "";
  const labels = hostname.split(".");
  const telling = labels.filter((label) => !["www", "mcp", "api"].includes(label));
  return (telling[0] ?? "").replaceAll(/[^a-z0-9-]/g, "").slice(0, 39);
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
  const workspace = useSlug();
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
    onError: announceFailure,
  });
  const add = useChange({
    run: () =>
      request(CheckedServer, "POST", `/workspaces/${workspace}/servers`, toInput(draft, slug)),
    refresh: [keyOf(workspace, "servers"), keyOf(workspace, "health")],
    onDone: ({ server }) => {
      announce(`${server.name} added`);
      void navigate({
        to: "/w/$slug/servers/$server",
        params: { slug: workspace, server: server.slug },
      });
    },
  });
  return { test, add };
}

/** First the server is looked at, and what it offers is shown. */
function AddServerForm() {
  const [draft, setDraft] = useState(EMPTY);
  const slug = draft.slug === "" ? suggestSlug(draft.url) : draft.slug;
  const { test, add } = useAddServer(draft, slug);
  const parsed = ServerInput.safeParse(toInput(draft, slug));
  const problem = (field: string) =>
    parsed.error?.issues.find(({ path }) => path[0] === field)?.message;
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
        <Secrets draft={draft} set={set} />
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

function Secrets({ draft, set }: PartProps) {
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-xs font-medium">Credentials</legend>
        <p className="text-xs text-dim">
          Secret headers. Stored encrypted for this URL’s origin; nobody can read them back.
        </p>
        <HeaderRows
          what="credential"
          isSecret
          rows={draft.credentials}
          onChange={(credentials) => set({ credentials })}
          namePlaceholder="Authorization"
          valuePlaceholder="Bearer …"
        />
      </fieldset>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-xs font-medium">Plain headers</legend>
        <HeaderRows
          what="header"
          rows={draft.headers}
          onChange={(headers) => set({ headers })}
          namePlaceholder="X-Team"
          valuePlaceholder="data"
        />
      </fieldset>
    </>
  );
}
