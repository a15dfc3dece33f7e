import { Link } from "@tanstack/react-router";
import type { ServerSummary } from "../../../../workers/contract/api/marketplace.ts";
import { toServerPage } from "../../../../workers/contract/dashboard-pages.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Notice } from "../../ui/notice.tsx";
import { Badge } from "../../ui/page.tsx";

type LookAlike = NonNullable<ServerSummary["resembles"]>;

const PART_TEXTS: Record<LookAlike["part"], string> = {
  package: "The name of its package looks like that of",
  publisher: "The name of its publisher looks like that of the publisher of",
  name: "Its name looks like that of",
};

/** In a list: which well-known server it resembles, with a link to that one. */
export function LookAlikeBadge({ resembles }: Pick<ServerSummary, "resembles">) {
  if (resembles === null) return null;
  return (
    // Above the link that covers the row.
    <span className="relative z-10 inline-flex max-w-full">
      <Badge tone="warn">
        Resembles <WellKnownLink {...resembles} />
      </Badge>
    </span>
  );
}

/** On its page: which well-known server it resembles, and in what. */
export function LookAlikeNotice({ resembles }: Pick<ServerSummary, "resembles">) {
  if (resembles === null) return null;
  return (
    <Notice tone="warn">
      <p>
        {PART_TEXTS[resembles.part]} <WellKnownLink {...resembles} />, a well-known server of
        another publisher. Make sure that it is the one that you want.
      </p>
    </Notice>
  );
}

function WellKnownLink({ name }: LookAlike) {
  return (
    <Link to="/marketplace/$namespace/$name" params={toServerPage(name)} className="underline">
      {escapeLine(name)}
    </Link>
  );
}
