import { useState } from "react";
import {
  checkServerDocument,
  isBlocking,
} from "../../../../../client-config/server-document/check.ts";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { DocumentSection } from "./document-section.tsx";
import { FindingList } from "./finding-list.tsx";
import { GithubReturn } from "./github-return.tsx";
import { OwnPublications } from "./own-publications.tsx";
import { ProofSection } from "./proof-section.tsx";
import { PublishButton } from "./publish-button.tsx";

/** Where people publish servers: a strict check, a proof of the namespace, and what was published. */
export function PublishPage() {
  const [text, setText] = useState("");
  const findings = text.trim() === "" ? [] : checkServerDocument(text, "current");
  const name = findName(text);
  const isReady = text.trim() !== "" && !findings.some(isBlocking);
  return (
    <Page>
      <PageHeader title="Publish a server">
        A server.json is checked as the official registry checks it, and is in this catalogue at
        once. A version never changes.
      </PageHeader>
      <GithubReturn />
      <DocumentSection text={text} onChange={setText} />
      <FindingList text={text} findings={findings} onApply={setText} />
      {name !== null && isReady && <ProofSection key={name.namespace} namespace={name.namespace} />}
      {name !== null && isReady && (
        <PublishButton text={text} name={name.full} namespace={name.namespace} />
      )}
      <OwnPublications />
    </Page>
  );
}

/** The name in a text that is JSON; null: it has none with a namespace. */
function findName(text: string): { full: string; namespace: string } | null {
  const [, full = "", namespace = ""] = /"name"\s*:\s*"(([^"/\\]+)\/[^"/\\]+)"/.exec(text) ?? [];
  return namespace === "" ? null : { full, namespace };
}
