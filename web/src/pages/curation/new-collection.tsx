import { useQuery } from "@tanstack/react-query";
import { collectionsQuery } from "../../api/marketplace-curation.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { CollectionForm } from "./collection-form.tsx";

/** Makes a collection or a starter pack. */
export function NewCollection() {
  const known = useQuery(collectionsQuery);
  return (
    <Section title="New collection">
      <Loaded query={known}>
        {({ items }) => <CollectionForm taken={new Set(items.map(({ slug }) => slug))} />}
      </Loaded>
    </Section>
  );
}
