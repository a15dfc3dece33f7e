import { useState } from "react";
import { LockImport as Imported } from "../../../../../workers/contract/api/contracts.ts";
import { ApiError } from "../../../api/api-error.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { showToast } from "../../../ui/toast.ts";
import { ComparedChanges } from "./compared-changes.tsx";

/** Largest body that the API reads, bytes. */
const MAX_BYTES = 1024 * 1024;
/** Largest file that is read: it can have white space, which is not sent. */
const MAX_FILE_BYTES = 4 * MAX_BYTES;
const TOO_LARGE =
  "The file is larger than 1 MB. Import it in parts, with some of its servers each.";

/** Imports an `mcp.lock`: shows first what it would change in the contracts. */
export function LockImport({ slug }: { slug: string }) {
  const [file, setFile] = useState<{ name: string; lock: unknown }>();
  const send = (lock: unknown, isDryRun: boolean) =>
    request(Imported, "PUT", `/workspaces/${slug}/mcp.lock?dryRun=${isDryRun}`, lock);
  const compare = useApiMutation({
    run: async (chosen: File) => {
      const lock = await readLock(chosen);
      return { plan: await send(lock, true), file: { name: chosen.name, lock } };
    },
    invalidate: [],
    onDone: (result) => setFile(result.file),
  });
  const apply = useApiMutation({
    run: () => send(file?.lock, false),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      setFile(undefined);
      showToast("Contracts imported");
    },
  });
  const plan = file && compare.data?.plan;
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      <label className="flex flex-wrap items-center gap-2 text-xs">
        <span className="font-medium">Compare and import an mcp.lock</span>
        <input
          type="file"
          accept=".lock,.json,application/json"
          disabled={compare.isPending}
          className="max-w-full text-xs"
          onChange={({ currentTarget }) => {
            const chosen = currentTarget.files?.[0];
            if (chosen) compare.mutate(chosen);
            // The same file can be chosen again after a change.
            currentTarget.value = "";
          }}
        />
      </label>
      {plan && (
        <div className="flex flex-col gap-3" role="group" aria-label="Changes of the import">
          <Plan plan={plan} />
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setFile(undefined)}>Cancel</Button>
            <Button
              variant="primary"
              isBusy={apply.isPending}
              onClick={() => apply.mutate(undefined)}
            >
              Import {file.name}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

async function readLock(file: File): Promise<unknown> {
  const text = file.size > MAX_FILE_BYTES ? "" : await file.text();
  const lock = parse(text);
  if (text === "" || new Blob([JSON.stringify(lock)]).size > MAX_BYTES)
    throw new ApiError(0, "too_large", TOO_LARGE, null);
  return lock;
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    // The platform's reason would quote the file.
    throw new ApiError(0, "invalid", "The file is no JSON. Export mcp.lock again.", null);
  }
}

function Plan({ plan }: { plan: Imported }) {
  const changed = plan.servers.filter(({ changes }) => changes.length > 0);
  if (changed.length === 0) return <p>The file has the contracts that are approved already.</p>;
  return (
    <>
      {changed.map(({ slug, changes }) => (
        <div key={slug} className="flex flex-col gap-2">
          <h3>
            {slug}: {pluralize(changes.length, "change")}
          </h3>
          <ComparedChanges changes={changes} />
        </div>
      ))}
    </>
  );
}
