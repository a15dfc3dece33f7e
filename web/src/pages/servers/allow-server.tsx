import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Server } from "../../../../workers/contract/api/resources.ts";
import { membersQuery, workspaceQuery } from "../../api/workspace.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { findStop, hasDefaultAccess } from "../access/rules.ts";
import { useRules } from "../access/use-rules.ts";

/**
 * Shown while no member is allowed to use a server, as it is after it was added: allows the whole server to all members,
 * or leads to the rules.
 */
export function AllowServer({ slug, server }: { slug: string; server: Server }) {
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery(membersQuery(slug));
  const change = useRules(slug);
  if (!workspace.data || !members.data || members.data.length === 0) return null;
  const { enforcement } = workspace.data;
  // An auditor calls nothing, whatever the rules are.
  const all = members.data.filter((member) => findStop(member) !== "auditor");
  const isUsed = all.some(
    (member) =>
      hasDefaultAccess(workspace.data, member) ||
      member.rules.some((rule) => rule.startsWith(`${server.slug}:`)),
  );
  if (!enforcement || isUsed) return null;
  return (
    <section
      aria-label="Access"
      className="card flex flex-wrap items-center gap-2 bg-warn-soft px-4 py-3"
    >
      <p className="mr-auto min-w-0 basis-64 grow text-sm">
        No member can use {server.name} yet. Allow all of its tools, prompts and resources to all
        members, or choose who can use which tools.
      </p>
      <Button
        variant="primary"
        onClick={() => change({ members: all, add: [`${server.slug}:*`], remove: [] })}
      >
        Allow {pluralize(all.length, "member")}
      </Button>
      <Link
        to="/w/$slug/access"
        params={{ slug }}
        search={{ server: server.slug }}
        className={buttonClass("secondary")}
      >
        Choose…
      </Link>
    </section>
  );
}
