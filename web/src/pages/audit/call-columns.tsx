import type { ToolCall } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatLatency } from "../../ui/format-numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { StatusBadge } from "./status.tsx";
import type { Column } from "./virtual-table.tsx";

/** The columns of the calls on a wide screen. `isMine`: without the member. */
export function makeCallColumns(
  toMember: (call: ToolCall) => string,
  isMine: boolean,
): Column<ToolCall>[] {
  const memberColumn: Column<ToolCall> = {
    header: "Member",
    className: "w-40 shrink-0",
    cell: toMember,
  };
  return [
    {
      header: "Time",
      className: "w-40 shrink-0 text-dim",
      cell: ({ createdAt }) => <ExactTime at={createdAt} />,
    },
    {
      header: "Tool",
      className: "min-w-0 flex-[2]",
      cell: (call) => <ToolName call={call} />,
    },
    {
      header: "Server",
      className: "hidden min-w-0 flex-1 text-dim md:block",
      cell: ({ serverName, serverSlug }) => escapeLine(serverName ?? serverSlug ?? "–"),
    },
    ...(isMine ? [] : [memberColumn]),
    {
      header: "Client",
      className: "hidden w-40 shrink-0 text-dim xl:block",
      cell: ({ clientName, clientVersion }) =>
        clientName === null ? "–" : escapeLine(`${clientName} ${clientVersion ?? ""}`),
    },
    {
      header: "Outcome",
      className: "w-40 shrink-0",
      cell: ({ status, count }) => <StatusBadge status={status} count={count} />,
    },
    {
      header: "Latency",
      className: "hidden w-16 shrink-0 text-right text-dim tabular-nums lg:block",
      cell: ({ latencyMs }) => formatLatency(latencyMs),
    },
  ];
}

/** A call on a narrow screen. `isMine`: without the member. */
export function makeNarrowCall(toMember: (call: ToolCall) => string, isMine: boolean) {
  return (call: ToolCall) => <NarrowCall call={call} member={isMine ? null : toMember(call)} />;
}

/** What, who, when and the outcome. `member` null: the reader. */
function NarrowCall({ call, member }: { call: ToolCall; member: string | null }) {
  return (
    <span className="flex items-center gap-2">
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="truncate">
          <ToolName call={call} />
        </span>
        <span className="flex gap-1.5 text-xs text-dim">
          {member !== null && <span className="min-w-0 truncate">{member}</span>}
          <span className="shrink-0">
            <ExactTime at={call.createdAt} />
          </span>
        </span>
      </span>
      <StatusBadge status={call.status} count={call.count} />
    </span>
  );
}

function ToolName({ call: { toolName, method } }: { call: ToolCall }) {
  return (
    <span className="font-mono text-xs">
      {toolName === null ? (
        <span className="text-dim">{escapeLine(method)}</span>
      ) : (
        escapeLine(toolName)
      )}
    </span>
  );
}
