import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { toServerPage } from "../../../../../workers/contract/dashboard-pages.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { MARKETPLACE_KEY } from "../../../api/curation.ts";
import { namespaceQuery, ownPublicationsQuery, publishDocument } from "../../../api/publishing.ts";
import { Button } from "../../../ui/button.tsx";

interface Props {
  text: string;
  name: string;
  namespace: string;
}

/** Publishes the file, and says why it was refused. */
export function PublishButton({ text, name, namespace }: Props) {
  const client = useQueryClient();
  const isProven = Boolean(useQuery(namespaceQuery(namespace)).data?.proof);
  const publish = useMutation({
    mutationFn: () => publishDocument(text),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ownPublicationsQuery.queryKey });
      await client.invalidateQueries({ queryKey: MARKETPLACE_KEY });
    },
  });
  return (
    <div className="flex flex-wrap items-center gap-3 text-sm">
      <Button
        variant="primary"
        disabled={!isProven}
        isBusy={publish.isPending}
        onClick={() => publish.mutate()}
      >
        Publish {escapeLine(name)}
      </Button>
      {!isProven && (
        <p className="text-dim">First prove that {escapeLine(namespace)} is yours: see above.</p>
      )}
      {publish.data && (
        <p role="status">
          Version {escapeLine(publish.data.version)} is published:{" "}
          <Link className="link" to="/marketplace/$namespace/$name" params={toServerPage(name)}>
            open it in the marketplace
          </Link>
        </p>
      )}
      {publish.error && (
        <p role="alert" className="min-w-0 flex-1 text-bad wrap-anywhere">
          {escapeLine(publish.error.message)}
        </p>
      )}
    </div>
  );
}
