import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import { useState } from "react";
import type { MarketplaceServer } from "../../../../workers/contract/api/marketplace.ts";
import { findHosted } from "../../../../workers/contract/marketplace/hosted-package.ts";
import { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ApiError } from "../../api/api-error.ts";
import { hostingCatalogueQuery } from "../../api/hosting.ts";
import { marketplaceServerQuery } from "../../api/marketplace.ts";
import { serversQuery } from "../../api/workspace.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { EntryLink } from "../requests/entry-link.tsx";
import { OpenRequest, useOpenRequest } from "../requests/open-request.tsx";
import { AddServerForm } from "./add-server-form.tsx";
import { toEntryTemplate } from "./entry-template.ts";

interface Props {
  slug: string;
  /** The entry's name. */
  from: string;
  /** The id of the request that the server fulfils. */
  request: string | undefined;
}

/** The form that adds a server, filled in from an entry of the marketplace. */
export function AddFromEntry({ slug, from, request }: Props) {
  const [namespace = "", name = ""] = from.split("/");
  const query = useQuery(marketplaceServerQuery(namespace, name));
  if (query.error instanceof ApiError && query.error.status === 404)
    return (
      <EmptyState
        title={
          query.error.code === "hidden_server"
            ? "This server is hidden"
            : "The marketplace does not have this entry any more"
        }
      >
        <p>
          {query.error.code === "hidden_server"
            ? escapeHidden(query.error.message)
            : `It was never listed, or its sources have deleted it: ${escapeLine(from)}`}
        </p>
        <Link to="/w/$slug/servers/new" params={{ slug }} className={buttonClass()}>
          Add a server by URL
        </Link>
      </EmptyState>
    );
  return (
    <Loaded query={query} lines={8}>
      {(entry) => <Filled key={entry.name} slug={slug} entry={entry} request={request} />}
    </Loaded>
  );
}

function Filled(props: { slug: string; entry: MarketplaceServer; request: string | undefined }) {
  const { slug, entry } = props;
  const { data: document } = ServerDocument.safeParse(entry.document);
  const [chosen, setChosen] = useState("0");
  const catalogue = useQuery(hostingCatalogueQuery);
  const request = useOpenRequest(slug, props.request, entry.name);
  const hosted = document && findHosted(document, catalogue.data?.items ?? []);
  const search = { from: entry.name, request: props.request };
  const remote = document?.remotes[Number(chosen)];
  if (!document || !remote) {
    if (catalogue.isPending) return null;
    if (hosted)
      return (
        <Navigate
          to="/w/$slug/servers/new/$entry"
          params={{ slug, entry: hosted.id }}
          search={search}
          replace
        />
      );
    return (
      <EmptyState title="This server runs on a person’s machine only">
        <p>Its entry has neither an address nor a package that a container host runs.</p>
        <EntryLink name={entry.name}>See the entry</EntryLink>
      </EmptyState>
    );
  }
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <Facts slug={slug} entry={entry} />
      <OpenRequest isAsked={props.request !== undefined} request={request} />
      {hosted && (
        <Notice tone="info">
          A container host can also run it:{" "}
          <Link
            to="/w/$slug/servers/new/$entry"
            params={{ slug, entry: hosted.id }}
            search={search}
            className="underline"
          >
            deploy {hosted.name}
          </Link>
          .
        </Notice>
      )}
      {document.remotes.length > 1 && (
        <Field label="Address">
          <Select
            value={chosen}
            onChange={setChosen}
            choices={document.remotes.map(({ url }, index) => ({
              value: String(index),
              label: escapeLine(url),
            }))}
          />
        </Field>
      )}
      <AddServerForm
        key={chosen}
        source={{ template: toEntryTemplate(document, remote), request: request.data?.id }}
      />
    </div>
  );
}

/** What an admin should know before: where the values are from, and what speaks against it. */
function Facts({ slug, entry }: { slug: string; entry: MarketplaceServer }) {
  const servers = useQuery(serversQuery(slug));
  const existing = servers.data?.filter(({ origin }) => origin?.name === entry.name) ?? [];
  return (
    <>
      <p className="text-sm text-dim">
        Filled in from <EntryLink name={entry.name} />. The entry states these values: check the
        address before you enter a secret.
      </p>
      {entry.status === "deprecated" && (
        <Notice tone="warn">
          This entry is deprecated.{" "}
          {entry.statusMessage !== null && `It says: “${escapeHidden(entry.statusMessage)}”`}
        </Notice>
      )}
      {existing.map((server) => (
        <Notice key={server.slug} tone="warn">
          This workspace has a server from this entry already:{" "}
          <Link
            to="/w/$slug/servers/$server"
            params={{ slug, server: server.slug }}
            className="underline"
          >
            {escapeLine(server.name)}
          </Link>
          .
        </Notice>
      ))}
    </>
  );
}
