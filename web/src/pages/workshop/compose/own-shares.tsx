import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { deleteShare, SHARES_KEY, sharesQuery } from "../../../api/workshop-shares.ts";
import { IconButton } from "../../../ui/button.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { TimeUntil } from "../../../ui/time.tsx";
import { showToast } from "../../../ui/toast.ts";

/** The short links that the person has made, with a way to delete them. Nothing without any. */
export function OwnShares() {
  const shares = useQuery(sharesQuery);
  const remove = useApiMutation({
    run: deleteShare,
    invalidate: [SHARES_KEY],
    onDone: () => showToast("Link deleted"),
  });
  const items = shares.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <details>
      <summary className="text-xs text-dim hover:text-ink">
        {pluralize(items.length, "short link")} of yours
      </summary>
      <ul
        aria-label="Your short links"
        className="mt-2 divide-y divide-line rounded-md border border-line"
      >
        {items.map(({ id, servers, expiresAt }) => (
          <li key={id} className="flex items-center gap-3 px-3 py-2 text-sm">
            <span className="min-w-0 flex-1">
              <Link
                to="/workshop/compose"
                search={{ share: id }}
                className="underline wrap-anywhere"
              >
                {servers.map((name) => escapeLine(name)).join(", ")}
              </Link>
              <span className="block text-xs text-dim">
                Expires <TimeUntil at={expiresAt} />
              </span>
            </span>
            <IconButton label={`Delete the link ${id}`} onClick={() => remove.mutate(id)}>
              <Trash2 className="size-4" aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </details>
  );
}
