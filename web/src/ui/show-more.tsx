import { Button } from "./button.tsx";
import { ErrorState } from "./states.tsx";

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage: () => unknown;
}

/** The end of a list that is read page by page: a button for the next page, or why it could not be read. */
export function ShowMore({ query }: { query: Pages }) {
  if (query.isFetchNextPageError)
    return <ErrorState error={query.error} retry={() => void query.fetchNextPage()} />;
  if (!query.hasNextPage) return null;
  return (
    <div className="border-t border-line px-4 py-3">
      <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}
