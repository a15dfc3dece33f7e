import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { collectionQuery } from "../../api/marketplace-curation.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { CollectionForm } from "./collection-form.tsx";

/** Changes a collection. */
export function CollectionEditor({ slug }: { slug: string }) {
  // What another curator has changed since is replaced, so the form starts from what is there now.
  const query = useQuery({ ...collectionQuery(slug), staleTime: 0, refetchOnWindowFocus: false });
  const isFresh = query.isFetchedAfterMount || query.isError;
  return (
    <Section
      title={query.data?.title ?? slug}
      actions={
        <Link
          to="/marketplace/collections/$collection"
          params={{ collection: slug }}
          className={buttonClass()}
        >
          Open its page
        </Link>
      }
    >
      <Loaded query={isFresh ? query : { ...query, data: undefined }}>
        {(collection) => <CollectionForm collection={collection} />}
      </Loaded>
    </Section>
  );
}
