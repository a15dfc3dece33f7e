import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";

/** The way back, above a page about one server. */
export function BackToServers({ slug }: { slug: string }) {
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
