import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { ALL_ITEMS, usageTotalsQuery } from "../../api/usage.ts";
import { myToolsQuery } from "../../api/workspace.ts";
import type { Client, WebClient } from "../../connect/clients/client.ts";
import { Button } from "../../ui/button.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { toUsageRange } from "../overview/ranges.ts";
import { isChosen, suggestTools, type Tool } from "./suggest-tools.ts";
import { ToolDialog } from "./tool-dialog.tsx";

interface Props {
  slug: string;
  client: Client | WebClient;
  /** The rules to which the token is narrowed; null: none. */
  value: string[] | null;
  isBusy: boolean;
  onChange: (tools: string[] | null) => void;
}

/** How many tools the client gets, and the choice of some of them. */
export function ToolsStep(props: Props) {
  const tools = useQuery(myToolsQuery(props.slug));
  return (
    <Loaded query={tools} lines={1}>
      {(items) => <ToolChoice {...props} tools={items} />}
    </Loaded>
  );
}

function ToolChoice({ slug, client, value, isBusy, onChange, tools }: Props & { tools: Tool[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const count = tools.filter((tool) => isChosen(value, tool)).length;
  const { toolLimit: limit = Infinity, label } = client;
  const calls = useServerCalls(slug, count > limit);
  if (tools.length === 0)
    return (
      <Notice tone="info">
        You may not use any tool yet. You can connect {label} already: it gets the tools when an
        owner or admin allows them to you.
      </Notice>
    );
  const suggestion = count > limit && calls ? suggestTools(tools, calls, limit) : undefined;
  return (
    <>
      {count > limit && (
        <Notice tone="warn">
          {label} takes at most {limit} tools of all its servers together, and this connection has{" "}
          {count}. Choose the tools that you need here. {suggestion?.reason}
        </Notice>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 basis-40">
          {value === null
            ? tools.length === 1
              ? "The one tool that you may use"
              : `All ${tools.length} tools that you may use`
            : `${count} of ${pluralize(tools.length, "tool")}`}
        </p>
        {suggestion && (
          <Button variant="primary" isBusy={isBusy} onClick={() => onChange(suggestion.rules)}>
            Use{" "}
            {pluralize(
              tools.filter((tool) => isChosen(suggestion.rules, tool)).length,
              "suggested tool",
            )}
          </Button>
        )}
        {value !== null && (
          <Button isBusy={isBusy} onClick={() => onChange(null)}>
            Use all tools
          </Button>
        )}
        <Button disabled={isBusy} onClick={() => setIsOpen(true)}>
          Choose tools
        </Button>
      </div>
      {isOpen && (
        <ToolDialog
          tools={tools}
          limit={limit}
          value={value}
          onClose={() => setIsOpen(false)}
          onSave={(rules) => {
            setIsOpen(false);
            onChange(rules);
          }}
        />
      )}
    </>
  );
}

/** The person's calls of the last 30 days by server; undefined: not loaded, or not needed. */
function useServerCalls(slug: string, isNeeded: boolean): Map<string, number> | undefined {
  const range = toUsageRange("30d", useNow(HOUR_MS));
  const { data } = useQuery({
    ...usageTotalsQuery({ slug, isMine: true, range }, { by: "server", limit: ALL_ITEMS }),
    enabled: isNeeded,
  });
  return (
    data && new Map(data.items.map(({ serverSlug, total }) => [serverSlug ?? "", total.calls]))
  );
}
