import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useMe } from "../api/me.ts";
import { buttonClass } from "../ui/button.tsx";
import { DisplayName } from "../ui/display-name.tsx";
import { EmptyState } from "../ui/states.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { useShellSlug } from "./use-shell-slug.ts";

/** A page in place of one that does not exist: what is missing, why that can be, and where to go. */
export function NotFound({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(title);
  return (
    <EmptyState icon={SearchX} title={title} isPage>
      {children}
    </EmptyState>
  );
}

/** Shown at an address without a page, inside the navigation. */
export function PageNotFound() {
  const slug = useShellSlug();
  return (
    <NotFound title="Page not found">
      <p>The dashboard has no page at this address. The link may be old, or a part is missing.</p>
      {slug === undefined ? (
        <Link to="/" className={buttonClass()}>
          Go to the start page
        </Link>
      ) : (
        <Link to="/w/$slug" params={{ slug }} className={buttonClass()}>
          Go to the overview
        </Link>
      )}
    </NotFound>
  );
}

interface Props {
  slug: string;
  /** What the workspace was called while the user was a member of it; undefined: the page has not seen that. */
  formerName: string | undefined;
}

/** Shown for a workspace that does not exist or that the user does not belong to, which are not told apart. */
export function UnknownWorkspace({ slug, formerName }: Props) {
  const { memberships } = useMe();
  return (
    <NotFound
      title={
        formerName === undefined
          ? "Workspace not found"
          : "You are no longer a member of this workspace"
      }
    >
      {formerName === undefined ? (
        <p>
          There is no workspace “{slug}”, or you do not belong to it. Ask an owner or admin of that
          workspace for an invitation.
        </p>
      ) : (
        <p>
          You were removed from <DisplayName name={formerName} />, or it was deleted. Your tokens
          for it are refused. An owner or admin of the workspace can invite you again.
        </p>
      )}
      <ul className="flex flex-wrap justify-center gap-2">
        {memberships.map(({ workspace }) => (
          <li key={workspace.slug}>
            <Link to="/w/$slug" params={{ slug: workspace.slug }} className={buttonClass()}>
              <span>
                Go to <DisplayName name={workspace.name} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </NotFound>
  );
}
