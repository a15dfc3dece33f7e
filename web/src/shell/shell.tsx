import { Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useMembership } from "../api/me.ts";
import { WorkspaceName } from "../ui/use-document-title.ts";
import { AccountMenu } from "./account-menu.tsx";
import { lastWorkspace } from "./last-workspace.ts";
import { NarrowBar } from "./narrow-bar.tsx";
import { MarketplaceNavigation, Navigation, WorkshopNavigation } from "./navigation.tsx";
import { UnknownWorkspace } from "./not-found.tsx";
import { CommandPalette } from "./palette/command-palette.tsx";
import { SearchButton } from "./search-button.tsx";
import { StopNotice } from "./stop-notice.tsx";
import { TitleAnnouncer } from "./title-announcer.tsx";
import { UnreachableNotice } from "./unreachable-notice.tsx";
import { useFocusOnNavigation } from "./use-focus-on-navigation.ts";
import { useShellSlug } from "./use-shell-slug.ts";
import { WorkspaceMenu } from "./workspace-menu.tsx";

/**
 * Layout of every signed-in page: navigation in a sidebar, behind a menu button on narrow screens. `children` stand in
 * for the page of the route.
 */
export function Shell({ children }: { children?: ReactNode }) {
  const { slug } = useParams({ strict: false });
  const membership = useMembership(slug);
  const isKnown = slug === undefined || membership !== undefined;
  useEffect(() => {
    if (slug !== undefined && isKnown) lastWorkspace.set(slug);
  }, [slug, isKnown]);
  const formerName = useFormerName(membership?.workspace, slug);
  const main = useFocusOnNavigation();
  const [isSearching, setIsSearching] = useState(false);
  const search = () => setIsSearching(true);
  const side = <SideContent onSearch={search} />;
  return (
    <WorkspaceName value={membership?.workspace.name}>
      <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
        <a
          href="#content"
          className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <NarrowBar onSearch={search}>{side}</NarrowBar>
        <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-panel md:flex">
          {side}
        </aside>
        <div className="min-w-0">
          <UnreachableNotice className="top-12 md:top-0" />
          <main
            ref={main}
            id="content"
            tabIndex={-1}
            className="px-4 py-5 outline-none md:px-8 md:py-7"
          >
            <div className="mx-auto max-w-6xl has-[[data-wide]]:max-w-none">
              {membership && <StopNotice membership={membership} />}
              {!isKnown ? (
                <UnknownWorkspace slug={slug} formerName={formerName} />
              ) : membership?.suspendedAt ? null : (
                (children ?? <Outlet />)
              )}
            </div>
          </main>
        </div>
        <CommandPalette isOpen={isSearching} onOpenChange={setIsSearching} />
        <TitleAnnouncer />
      </div>
    </WorkspaceName>
  );
}

/** The name of a workspace after the membership that an open page has seen; undefined: it has seen none. */
function useFormerName(
  workspace: { slug: string; name: string } | undefined,
  slug: string | undefined,
): string | undefined {
  const [seen, setSeen] = useState(workspace);
  if (workspace !== undefined && (workspace.slug !== seen?.slug || workspace.name !== seen.name))
    setSeen(workspace);
  return seen?.slug === slug ? seen?.name : undefined;
}

function SideContent({ onSearch }: { onSearch: () => void }) {
  const slug = useShellSlug();
  return (
    <>
      <div className="flex h-14 shrink-0 items-center px-3">
        <WorkspaceMenu slug={slug} />
      </div>
      <div className="px-3 pb-3">
        <SearchButton onClick={onSearch} />
      </div>
      <div className="flex flex-1 flex-col gap-4 overflow-y-auto px-3 py-1">
        {slug !== undefined && <Navigation slug={slug} />}
        <MarketplaceNavigation />
        <WorkshopNavigation />
      </div>
      <div className="border-t border-line p-3">
        <AccountMenu />
      </div>
    </>
  );
}
