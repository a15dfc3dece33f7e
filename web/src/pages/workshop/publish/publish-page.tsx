import { Suspense } from "react";
import { lazyComponent } from "../../../load-code.ts";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { LoadingState } from "../../../ui/states.tsx";
import { GithubReturn } from "./github-return.tsx";
import { OwnPublications } from "./own-publications.tsx";

// The check has a parser and a validator.
const Editor = lazyComponent(() => import("./editor.tsx"), "Editor");

/** Where people publish servers: a strict check, a proof of the namespace, and what was published. */
export function PublishPage() {
  return (
    <Page>
      <PageHeader title="Publish a server">
        A server.json is checked as the official registry checks it, and is in this catalogue at
        once. A version never changes.
      </PageHeader>
      <GithubReturn />
      <Suspense fallback={<LoadingState lines={8} />}>
        <Editor />
      </Suspense>
      <OwnPublications />
    </Page>
  );
}
