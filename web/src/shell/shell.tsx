import { Dialog } from "@base-ui/react/dialog";
import { Outlet, useLocation, useParams } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { useMe } from "../api/me.ts";
import { IconButton } from "../ui/button.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { lastWorkspace } from "./last-workspace.ts";
import { Logo } from "./logo.tsx";
import { Navigation } from "./navigation.tsx";
import { NotFound } from "./route-states.tsx";
import { WorkspaceMenu } from "./workspace-menu.tsx";

/** Layout of every signed-in page: navigation in a sidebar, behind a menu button on narrow screens. */
export function Shell() {
  const { slug } = useParams({ strict: false });
  const { memberships } = useMe();
  const { pathname } = useLocation();
  const isKnown = slug === undefined || memberships.some((m) => m.workspace.slug === slug);
  useEffect(() => {
    if (slug !== undefined && isKnown) lastWorkspace.set(slug);
  }, [slug, isKnown]);
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      {/* The key resets it, so it closes when another page opens. */}
      <NarrowBar key={pathname} slug={slug} />
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-panel md:flex">
        <SideContent slug={slug} />
      </aside>
      <main id="content" tabIndex={-1} className="min-w-0 px-4 py-5 outline-none md:px-8 md:py-7">
        <div className="mx-auto max-w-6xl">{isKnown ? <Outlet /> : <NotFound />}</div>
      </main>
    </div>
  );
}

function SideContent({ slug }: { slug: string | undefined }) {
  return (
    <>
      <div className="flex h-14 items-center px-3">
        <WorkspaceMenu slug={slug} />
      </div>
      <div className="flex-1 overflow-y-auto px-3 py-1">
        {slug !== undefined && <Navigation slug={slug} />}
      </div>
      <div className="border-t border-line p-3">
        <AccountMenu />
      </div>
    </>
  );
}

function NarrowBar({ slug }: { slug: string | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-panel px-3 md:hidden">
      <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
        <Dialog.Trigger
          render={
            <IconButton label="Open navigation">
              <MenuIcon className="size-4.5" aria-hidden />
            </IconButton>
          }
        />
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
          <Dialog.Popup className="popup fixed inset-y-0 left-0 flex w-72 max-w-[85vw] flex-col rounded-none border-y-0 border-l-0">
            <Dialog.Title className="sr-only">Navigation</Dialog.Title>
            <SideContent slug={slug} />
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <Logo />
    </header>
  );
}
