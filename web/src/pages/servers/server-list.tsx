import {
  closestCenter,
  DndContext,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
  type DragEndEvent,
} from "@dnd-kit/core";
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { Link } from "@tanstack/react-router";
import { GripVertical } from "lucide-react";
import type { ReactNode } from "react";
import type { z } from "zod";
import type { Health, Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { classNames } from "../../ui/class-names.ts";
import { MixedScripts } from "../../ui/foreign-name.tsx";
import {
  formatCount,
  formatEstimatedLatency,
  formatPercentage,
  pluralize,
} from "../../ui/format-numbers.ts";
import { Badge } from "../../ui/page.tsx";
import { Switch } from "../../ui/switch.tsx";
import { Time } from "../../ui/time.tsx";
import { toAuditSearch } from "../overview/audit-search.ts";
import { ContractBadge } from "./contract/contract-badge.tsx";
import { describeLocation, describeProtocol } from "./describe-server.ts";
import { OriginBadge } from "./origin-notice.tsx";
import { CredentialAge, type useServerUse } from "./server-facts.tsx";
import { StatusDot } from "./status-dot.tsx";

type State = z.infer<typeof Health>["items"][number];

interface Props {
  slug: string;
  servers: Server[];
  states: State[];
  canManage: boolean;
  /** The calls of the last 7 days. */
  use: ReturnType<typeof useServerUse>;
  onReorder: (ordered: Server[]) => void;
  onEnable: (server: Server, enabled: boolean) => void;
}

/** List of servers that can be reordered by pointer or keyboard (Space and arrow keys). */
export function ServerList({ servers, states, onReorder, ...rest }: Props) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const indexOf = (slug: unknown) => servers.findIndex((server) => server.slug === slug);
  const move = ({ active, over }: DragEndEvent) => {
    if (over && active.id !== over.id)
      onReorder(arrayMove(servers, indexOf(active.id), indexOf(over.id)));
  };
  const toName = (slug: unknown) => servers[indexOf(slug)]?.name ?? String(slug);
  const toPosition = (slug: unknown) => `position ${indexOf(slug) + 1} of ${servers.length}`;
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={move}
      accessibility={{
        announcements: {
          onDragStart: ({ active }) =>
            `${toName(active.id)} picked up from ${toPosition(active.id)}.`,
          onDragOver: ({ active, over }) =>
            over ? `${toName(active.id)} is over ${toPosition(over.id)}.` : undefined,
          onDragEnd: ({ active, over }) =>
            over ? `${toName(active.id)} dropped at ${toPosition(over.id)}.` : undefined,
          onDragCancel: ({ active }) => `${toName(active.id)} was not moved.`,
        },
      }}
    >
      <SortableContext
        items={servers.map(({ slug }) => slug)}
        strategy={verticalListSortingStrategy}
      >
        <ul className="divide-y divide-line">
          {servers.map((server) => (
            <Row
              key={server.slug}
              server={server}
              state={states.find(({ slug }) => slug === server.slug)}
              {...rest}
            />
          ))}
        </ul>
      </SortableContext>
    </DndContext>
  );
}

interface RowProps extends Pick<Props, "slug" | "canManage" | "onEnable" | "use"> {
  server: Server;
  state: State | undefined;
}

function Row({ slug, server, state, canManage, onEnable, use }: RowProps) {
  const { setNodeRef, transform, transition, isDragging, attributes, listeners } = useSortable({
    id: server.slug,
    disabled: !canManage,
  });
  return (
    <li
      ref={setNodeRef}
      style={{ transform: CSS.Translate.toString(transform), transition }}
      className={classNames(
        "flex items-center gap-3 bg-panel py-3 pr-4 pl-2",
        isDragging && "relative z-10 shadow-lg",
        !canManage && "pl-4",
      )}
    >
      {canManage && (
        <button
          type="button"
          {...attributes}
          {...listeners}
          aria-label={`Move ${server.name}`}
          className="flex h-8 w-6 shrink-0 touch-none items-center justify-center rounded text-dim hover:bg-soft"
        >
          <GripVertical className="size-4" aria-hidden />
        </button>
      )}
      <StatusDot status={state?.status ?? "unknown"} />
      <Link
        to="/w/$slug/servers/$server"
        params={{ slug, server: server.slug }}
        className="min-w-0 flex-1"
      >
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere">{escapeLine(server.name)}</span>
          <MixedScripts name={server.name} />
          {server.hosted && <Badge tone="accent">Hosted</Badge>}
          <ContractBadge slug={slug} server={server.slug} />
          <OriginBadge origin={server.origin} />
          {server.prefix !== null && <Badge>{server.prefix}_…</Badge>}
        </span>
        <span className="block truncate font-mono text-xs text-dim">
          {describeLocation(server)}
        </span>
        {state?.check?.error && (
          <span className="mt-0.5 block text-xs text-bad">{state.check.error.message}</span>
        )}
        <Details {...{ server, state, canManage, use }} />
      </Link>
      <Figures slug={slug} server={server} state={state} use={use} />
      {canManage && (
        <Switch
          label={`Enable ${server.name}`}
          isOn={server.enabled}
          onChange={(enabled) => onEnable(server, enabled)}
        />
      )}
    </li>
  );
}

interface FiguresProps extends Pick<Props, "slug" | "use"> {
  server: Server;
  state: State | undefined;
}

/** Calls, failures and latency of the last 7 days, with links to the calls. */
function Figures({ slug, server, state, use }: FiguresProps) {
  const total = use.find(server.slug);
  const search = (status?: "error") => ({
    to: "/w/$slug/audit" as const,
    params: { slug },
    search: toAuditSearch(use.range, { serverSlug: server.slug }, status),
  });
  return (
    <dl className="hidden shrink-0 gap-4 text-right text-xs tabular-nums sm:flex">
      <Figure name={use.isMine ? "Your calls" : "Calls"}>
        <Link {...search()} className="link">
          {total ? formatCount(total.calls) : "–"}
        </Link>
      </Figure>
      <Figure name="Failed">
        <Link {...search("error")} className="link">
          {total ? formatPercentage(total.errors, total.calls) : "–"}
        </Link>
      </Figure>
      <Figure name="p95">{formatEstimatedLatency(total?.p95Ms ?? null)}</Figure>
      <Figure name="Tools">{state ? formatCount(state.tools) : "–"}</Figure>
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="w-15">
      <dt className="text-dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Protocol, last check and credential in one line; on a narrow screen also the calls. */
function Details({ server, state, canManage, use }: Omit<RowProps, "slug" | "onEnable">) {
  const total = use.find(server.slug);
  return (
    <span className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-dim">
      {total && (
        <span className="sm:hidden">
          {pluralize(
            total.calls,
            use.isMine ? "call of yours" : "call",
            use.isMine ? "calls of yours" : "calls",
          )}
          {total.errors > 0 && `, ${formatPercentage(total.errors, total.calls)} failed`}
        </span>
      )}
      <span>{describeProtocol(server)}</span>
      {state?.check && (
        <span>
          Checked <Time at={state.check.checkedAt} />
        </span>
      )}
      {canManage && server.credentials.length > 0 && (
        <span>
          Credential: <CredentialAge server={server} />
        </span>
      )}
    </span>
  );
}
