import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import type { Health } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { healthQuery } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { StatusDot } from "../servers/status-dot.tsx";

const REFRESH_MS = 30_000;
/** Calls are stored within seconds; a call that runs long is stored when it has ended. */
const NORMAL_DELAY_MS = 5 * 60_000;
/** More tiles would push the figures away. */
const SHOWN = 12;
type State = z.infer<typeof Health>["items"][number];

/** A tile for each server, at most 12, with its status, and its error or number of tools. */
export function HealthStrip({ slug }: { slug: string }) {
  const health = useQuery({ ...healthQuery(slug), refetchInterval: REFRESH_MS });
  return (
    <Loaded query={health} lines={1}>
      {({ items }) => (items.length === 0 ? null : <Tiles slug={slug} items={items} />)}
    </Loaded>
  );
}

/** The servers that fail first. */
function Tiles({ slug, items }: { slug: string; items: State[] }) {
  const failingFirst = items.toSorted(
    (a, b) => Number(b.status === "failing") - Number(a.status === "failing"),
  );
  return (
    <Section
      title="Servers"
      actions={
        <p className="flex gap-3 text-xs text-dim">
          <Summary items={items} />
          <Link to="/w/$slug/servers" params={{ slug }} className="link">
            {items.length > SHOWN ? `All ${items.length}` : "Details"}
            <span className="sr-only"> of servers</span>
          </Link>
        </p>
      }
    >
      <ul className="-mr-px -mb-px grid sm:grid-cols-2 lg:grid-cols-3">
        {failingFirst.slice(0, SHOWN).map((state) => (
          <li key={state.slug} className="border-r border-b border-line">
            <Tile slug={slug} state={state} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Tells admins that the audit log lacks calls, because the queue or the database fails. */
export function BacklogNotice({ backlog }: { backlog: z.infer<typeof Health>["auditBacklog"] }) {
  const now = useNow(REFRESH_MS);
  if (!backlog || backlog.oldestAt === null || now - backlog.oldestAt < NORMAL_DELAY_MS)
    return null;
  return (
    <p role="status" className="rounded-md border border-line bg-soft px-4 py-3">
      The audit log does not show {pluralize(backlog.rows, "call")} yet: they wait to be stored. The
      oldest is from <Time at={backlog.oldestAt} />.
    </p>
  );
}

function Summary({ items }: { items: State[] }) {
  const failing = items.filter(({ status }) => status === "failing").length;
  return (
    <span>
      {failing === 0 ? "All servers reachable" : `${pluralize(failing, "server")} failing`}
    </span>
  );
}

function Tile({ slug, state }: { slug: string; state: State }) {
  return (
    <Link
      to="/w/$slug/servers/$server"
      params={{ slug, server: state.slug }}
      className="flex h-full items-start gap-2.5 px-4 py-3 -outline-offset-2 hover:bg-soft"
    >
      <StatusDot status={state.status} />
      <span className="min-w-0">
        <span className="block truncate font-medium">{escapeLine(state.name)}</span>
        <span className="line-clamp-2 text-xs text-dim">
          {state.check?.error?.message ?? pluralize(state.tools, "tool")}
        </span>
      </span>
    </Link>
  );
}
