import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { toServerPage } from "../../../../workers/contract/dashboard-pages.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/** A link to an entry's page in the marketplace; without children, with the entry's name. */
export function EntryLink({ name: entry, children }: { name: string; children?: ReactNode }) {
  return (
    <Link
      to="/marketplace/$namespace/$name"
      params={toServerPage(entry)}
      className="link wrap-anywhere underline"
    >
      {children ?? escapeLine(entry)}
    </Link>
  );
}
