import { Link } from "@tanstack/react-router";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";

/** The operator's collections that have a server; nothing without any. */
export function InCollections({ collections }: Pick<CatalogueServer, "collections">) {
  if (collections.length === 0) return null;
  return (
    <Section title="In collections">
      <ul className="flex flex-wrap gap-x-4 gap-y-1.5 px-4 py-3">
        {collections.map(({ slug, title, isPack }) => (
          <li key={slug}>
            <Link
              to="/marketplace/collections/$collection"
              params={{ collection: slug }}
              className="link"
            >
              <DisplayName name={title} />
            </Link>
            {isPack && <span className="text-xs text-dim"> (starter pack)</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
