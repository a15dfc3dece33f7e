import type { Membership } from "../../../workers/contract/api/people.ts";

const KEY = "workspace";

/** The workspace last opened in this browser. */
export const lastWorkspace = {
  /** Its slug if the user still belongs to it, else that of the user's first workspace; undefined if there is none. */
  find: (memberships: Membership[]): string | undefined => {
    const slugs = memberships.map(({ workspace }) => workspace.slug);
    return slugs.find((slug) => slug === localStorage.getItem(KEY)) ?? slugs[0];
  },
  set: (slug: string) => localStorage.setItem(KEY, slug),
};
