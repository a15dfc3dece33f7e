import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useEffect, useEffectEvent } from "react";
import { ApiError } from "../api/api-error.ts";
import { marketplaceAccessQuery } from "../api/marketplace.ts";
import { buttonClass } from "../ui/button.tsx";
import { classNames } from "../ui/class-names.ts";
import { LoadingState } from "../ui/states.tsx";
import { Logo } from "./logo.tsx";
import { findSearchField, isTyping } from "./search-field.ts";
import { TitleAnnouncer } from "./title-announcer.tsx";
import { UnreachableNotice } from "./unreachable-notice.tsx";
import { useFocusOnNavigation } from "./use-focus-on-navigation.ts";

const WORKSHOP_LINKS = [
  { to: "/workshop/scan", label: "Scan" },
  { to: "/workshop/check", label: "Check" },
  { to: "/workshop/compose", label: "Compose" },
] as const;

/** Layout of the marketplace for visitors without a session. Where it is closed to them, they are asked to sign in. */
export function VisitorShell() {
  const { href, pathname } = useLocation();
  const access = useQuery(marketplaceAccessQuery);
  const main = useFocusOnNavigation();
  useEffect(() => {
    document.addEventListener("keydown", focusSearchField);
    return () => document.removeEventListener("keydown", focusSearchField);
  }, []);
  const isClosed = access.error instanceof ApiError && access.error.status === 401;
  const navigate = useNavigate();
  // Once: while the sign-in page loads, this component sees its address.
  const askToSignIn = useEffectEvent(() => {
    void navigate({ to: "/sign-in", search: { to: href }, replace: true });
  });
  useEffect(() => {
    if (isClosed) askToSignIn();
  }, [isClosed]);
  if (isClosed) return <LoadingState />;
  return (
    <div className="min-h-dvh">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="border-b border-line bg-panel px-4 md:px-8">
        <div className="mx-auto flex h-14 max-w-6xl items-center gap-3">
          <Link to="/marketplace" aria-label="mcpnest marketplace" className="rounded-md">
            <Logo />
          </Link>
          <div className="min-w-0 flex-1">{pathname !== "/marketplace" && <HeaderSearch />}</div>
          <WorkshopLinks className="hidden sm:flex" />
          <Link to="/sign-in" search={{ to: href }} className={buttonClass()}>
            Sign in
          </Link>
        </div>
        <WorkshopLinks className="flex pb-3 sm:hidden" />
      </header>
      <UnreachableNotice className="top-0" />
      <main
        ref={main}
        id="content"
        tabIndex={-1}
        className="px-4 py-5 outline-none md:px-8 md:py-7"
      >
        <div className="mx-auto max-w-6xl">
          <Outlet />
        </div>
      </main>
      <TitleAnnouncer />
    </div>
  );
}

/** The pages of the workshop that need no sign-in. Narrow screens have them below the search. */
function WorkshopLinks({ className }: { className: string }) {
  return (
    <nav aria-label="Workshop" className={classNames("gap-3 text-sm", className)}>
      {WORKSHOP_LINKS.map(({ to, label }) => (
        <Link key={to} to={to} className="link">
          {label}
        </Link>
      ))}
    </nav>
  );
}

/** "/" goes to the search field, as it does for signed-in users. */
function focusSearchField(event: KeyboardEvent): void {
  if (event.key !== "/" || isTyping(event)) return;
  event.preventDefault();
  findSearchField()?.focus();
}

function HeaderSearch() {
  const navigate = useNavigate();
  return (
    <search>
      <form
        className="relative ml-auto max-w-sm"
        onSubmit={(event) => {
          event.preventDefault();
          const q = new FormData(event.currentTarget).get("q");
          void navigate({
            to: "/marketplace",
            search: typeof q === "string" && q !== "" ? { q } : {},
          });
        }}
      >
        <Search
          className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-dim"
          aria-hidden
        />
        <input
          type="search"
          name="q"
          aria-label="Search servers"
          placeholder="Search servers"
          className="input pl-8!"
        />
      </form>
    </search>
  );
}
