import { useState } from "react";
import {
  checkServerDocument,
  isBlocking,
} from "../../../../../client-config/server-document/check.ts";
import { DocumentSection } from "./document-section.tsx";
import { FindingList } from "./finding-list.tsx";
import { ProofSection } from "./proof-section.tsx";
import { PublishButton } from "./publish-button.tsx";

/** The file with its findings, the proof of its namespace, and the button that publishes it. */
export function Editor() {
  const [text, setText] = useState("");
  const findings = text.trim() === "" ? [] : checkServerDocument(text, "current");
  const name = findName(text);
  const isReady = name !== null && !findings.some(isBlocking);
  return (
    <>
      <DocumentSection text={text} onChange={setText} />
      <FindingList text={text} findings={findings} onApply={setText} />
      {isReady && <ProofSection key={name.namespace} namespace={name.namespace} />}
      {isReady && <PublishButton text={text} name={name.full} namespace={name.namespace} />}
    </>
  );
}

/** The name in a text that is JSON; null: it has none with a namespace. */
function findName(text: string): { full: string; namespace: string } | null {
  const [, full = "", namespace = ""] = /"name"\s*:\s*"(([^"/\\]+)\/[^"/\\]+)"/.exec(text) ?? [];
  return namespace === "" ? null : { full, namespace };
}
