import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Server } from "../../../../../workers/contract/api/resources.ts";
import { estimateTokens } from "../../../../../workers/contract/composition/check-composition.ts";
import { toAddressName } from "../../../../../workers/contract/composition/composition.ts";
import { toAddressItem } from "../../../../../workers/contract/composition/open-address.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { useMe } from "../../../api/me.ts";
import { serversQuery, serverToolsQuery } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";
import type { Pick } from "./use-picked.ts";

const NONE = "";

interface Props {
  chosen: ReadonlySet<string>;
  onPick: (pick: Pick) => void;
}

/** Picks servers of a workspace: as their entries of the marketplace, or by their addresses without any value. */
export function WorkspacePicker({ chosen, onPick }: Props) {
  const { memberships } = useMe();
  const [slug, setSlug] = useState(NONE);
  const servers = useQuery({ ...serversQuery(slug), enabled: slug !== NONE });
  return (
    <div className="flex flex-col gap-2">
      <Field label="From a workspace">
        <Select
          value={slug}
          onChange={setSlug}
          choices={[
            { value: NONE, label: "Choose a workspace" },
            ...memberships.map(({ workspace }) => ({
              value: workspace.slug,
              label: workspace.name,
            })),
          ]}
        />
      </Field>
      {servers.data && servers.data.length === 0 && (
        <p className="text-xs text-dim">This workspace has no servers.</p>
      )}
      {servers.data && servers.data.length > 0 && (
        <ul
          aria-label="Servers of the workspace"
          className="divide-y divide-line rounded-md border border-line"
        >
          {servers.data.map((server) => (
            <li key={server.slug} className="px-3 py-2">
              <WorkspaceServer {...{ slug, server, chosen, onPick }} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The name under which a server of a workspace is picked. */
function toName(server: Server): string | null {
  if (server.origin) return server.origin.name;
  const item = toItem(server);
  return item && toAddressName(item.key);
}

function toItem({ slug, url, transport, headers, credentials, hosted }: Server) {
  // The address of a hosted server is that of a container host, which only the gateway reaches.
  if (hosted !== null) return null;
  const names = [...Object.keys(headers), ...credentials.map(({ name }) => name)];
  return toAddressItem({ slug, url, transport, headers: names });
}

function WorkspaceServer({
  slug,
  server,
  chosen,
  onPick,
}: Props & { slug: string; server: Server }) {
  const client = useQueryClient();
  const name = toName(server);
  const pick = async () => {
    if (server.origin) return onPick({ from: "catalogue", name: server.origin.name });
    const item = toItem(server);
    if (!item) return;
    // Without the list, they are not known.
    const tools = await client.fetchQuery(serverToolsQuery(slug, server.slug)).catch(() => null);
    onPick({
      from: "address",
      item,
      tools: tools?.map((tool) => ({ name: tool.name, tokens: estimateTokens(tool) })) ?? null,
    });
  };
  return (
    <div className="flex items-center gap-3">
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate text-sm font-medium">{escapeLine(server.name)}</span>
        <span className="truncate text-xs text-dim">
          {name === null
            ? "A hosted server that is from no entry cannot be shared."
            : server.origin
              ? escapeLine(server.origin.name)
              : "By its address, without its values"}
        </span>
      </span>
      {name !== null && (
        <Button
          size="sm"
          disabled={chosen.has(name)}
          aria-label={`${chosen.has(name) ? "Picked" : "Pick"} ${escapeLine(server.name)}`}
          onClick={() => void pick()}
        >
          <Plus className="size-3.5" aria-hidden />
          {chosen.has(name) ? "Picked" : "Pick"}
        </Button>
      )}
    </div>
  );
}
