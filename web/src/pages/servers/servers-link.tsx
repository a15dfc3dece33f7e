import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";

/** Link back to the list of servers. */
export function ServersLink({ slug }: { slug: string }) {
  return (
    <Link
      to="/w/$slug/servers"
      params={{ slug }}
      className="mb-2 inline-flex items-center gap-1 text-xs text-dim hover:text-ink"
    >
      <ChevronLeft className="size-3.5" aria-hidden />
      Servers
    </Link>
  );
}
