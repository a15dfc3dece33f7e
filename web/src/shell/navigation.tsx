import { Link } from "@tanstack/react-router";
import { Store } from "lucide-react";
import { Suspense, useId } from "react";
import { useMembership } from "../api/me.ts";
import { lazyComponent } from "../load-code.ts";
import { listPages, WORKSHOP, type NavigationItem } from "./navigation-groups.ts";

// No other part of the first page needs the schemas of requests.
const WaitingRequests = lazyComponent(() => import("./waiting-requests.tsx"), "WaitingRequests");

const LINK =
  "flex h-8 items-center gap-2.5 rounded-md px-2 text-dim transition-colors hover:bg-soft hover:text-ink aria-[current=page]:bg-soft aria-[current=page]:font-medium aria-[current=page]:text-ink";

/** Links to the workspace's pages that the signed-in user is allowed to open, in groups. */
export function Navigation({ slug }: { slug: string }) {
  const actions = useMembership(slug)?.actions ?? [];
  return (
    <nav aria-label="Workspace" className="flex flex-col gap-4">
      {listPages(actions).map(({ label, items }) => (
        <Group key={label} slug={slug} label={label} items={items} />
      ))}
    </nav>
  );
}

function Group(props: { slug: string; label: string; items: NavigationItem[] }) {
  const { slug, label, items } = props;
  const id = useId();
  return (
    <div>
      <p id={id} className="px-2 pb-1 text-xs text-dim">
        {label}
      </p>
      <ul aria-labelledby={id} className="flex flex-col gap-0.5">
        {items.map((item) => (
          <Item key={item.to} slug={slug} {...item} />
        ))}
      </ul>
    </div>
  );
}

function Item({ slug, to, label, icon: Icon }: NavigationItem & { slug: string }) {
  return (
    <li>
      <Link
        to={to}
        params={{ slug }}
        activeOptions={{ exact: to === "/w/$slug", includeSearch: false }}
        className={LINK}
      >
        <Icon className="size-4" strokeWidth={1.75} aria-hidden />
        {label}
        {to === "/w/$slug/requests" && (
          <Suspense>
            <WaitingRequests slug={slug} />
          </Suspense>
        )}
      </Link>
    </li>
  );
}

/** The links to the workshop's pages, which belong to no workspace. */
export function WorkshopNavigation() {
  const id = useId();
  return (
    <nav aria-label="Workshop">
      <p id={id} className="px-2 pb-1 text-xs text-dim">
        {WORKSHOP.label}
      </p>
      <ul aria-labelledby={id} className="flex flex-col gap-0.5">
        {WORKSHOP.items.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ includeSearch: false }} className={LINK}>
              <Icon className="size-4" strokeWidth={1.75} aria-hidden />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The link to the marketplace, which belongs to no workspace. */
export function MarketplaceNavigation() {
  return (
    <nav aria-label="Marketplace">
      <Link to="/marketplace" activeOptions={{ includeSearch: false }} className={LINK}>
        <Store className="size-4" strokeWidth={1.75} aria-hidden />
        Marketplace
      </Link>
    </nav>
  );
}
