import { useQuery } from "@tanstack/react-query";
import { Download, Lock } from "lucide-react";
import {
  ServerContract,
  type ContractSummary,
} from "../../../../../workers/contract/api/contracts.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { contractsQuery, readLockFile } from "../../../api/contracts.ts";
import { useCan } from "../../../api/me.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { showToast } from "../../../ui/toast.ts";
import { LockImport } from "./lock-import.tsx";

/** Names that a sentence lists. */
const MAX_NAMED = 3;

/** The contracts of a workspace: an offer to lock servers that are not, and the file `mcp.lock`. */
export function ContractsSection({ slug }: { slug: string }) {
  const canManage = useCan(slug, "server.manage");
  const { data } = useQuery(contractsQuery(slug));
  const save = useApiMutation({
    run: () => readLockFile(slug),
    invalidate: [],
    onDone: (text) => saveFile(text, "mcp.lock"),
  });
  if (!data || data.length === 0) return null;
  const open = data.filter(({ policy }) => policy === "allow");
  return (
    <Section
      title="Contracts"
      hint="The approved definitions of the servers. The file mcp.lock has them all, to keep and to compare."
      actions={
        <Button isBusy={save.isPending} onClick={() => save.mutate(undefined)}>
          <Download className="size-4" aria-hidden />
          Export mcp.lock
        </Button>
      }
    >
      {canManage && open.length > 0 && <LockOffer slug={slug} servers={open} />}
      {canManage && <LockImport slug={slug} />}
    </Section>
  );
}

function LockOffer({ slug, servers }: { slug: string; servers: ContractSummary[] }) {
  const lock = useApiMutation({
    run: async () => {
      for (const { server } of servers)
        await request(
          ServerContract,
          "PATCH",
          `/workspaces/${slug}/servers/${server.slug}/contract`,
          { policy: "hold" },
        );
    },
    invalidate: [workspaceKey(slug)],
    onDone: () => showToast(`${pluralize(servers.length, "server")} locked`),
  });
  const names = servers.slice(0, MAX_NAMED).map(({ server }) => escapeLine(server.name));
  const rest = servers.length - names.length;
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-3">
      <p className="min-w-0 flex-1 basis-72 wrap-anywhere">
        Changes of {pluralize(servers.length, "server")} reach clients without a look:{" "}
        {names.join(", ")}
        {rest > 0 && ` and ${rest} more`}. When you lock a server without a contract, what it shows
        now is approved. Later changes are held.
      </p>
      <Button isBusy={lock.isPending} onClick={() => lock.mutate(undefined)}>
        <Lock className="size-4" aria-hidden />
        Lock {pluralize(servers.length, "server")}
      </Button>
    </div>
  );
}
