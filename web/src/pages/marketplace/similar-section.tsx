import { Section } from "../../ui/page.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";
import { BriefServerRow } from "./server-row.tsx";

/** Servers for the same purpose; nothing without any. */
export function SimilarSection({ similar }: Pick<CatalogueServer, "similar">) {
  if (similar.length === 0) return null;
  return (
    <Section title="Similar servers">
      <ul className="grid gap-px bg-line lg:grid-cols-2 [&>li]:bg-panel">
        {similar.map((server) => (
          <BriefServerRow key={server.name} server={server} />
        ))}
      </ul>
    </Section>
  );
}
