import { useState } from "react";
import { MAX_TEXT_LENGTH } from "../../../../../client-config/limits.ts";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { ScanInput, type Draft } from "./scan-input.tsx";
import { ScanView } from "./scan-view.tsx";
import { useScan } from "./use-scan.ts";
import { useStayLocal } from "./use-stay-local.ts";

const EMPTY: Draft = { text: "", fileName: null, client: null, isShared: false };

/** The scan of a configuration or a list of tools. All of it is done by this page; it sends nothing. */
export function ScanPage() {
  const [draft, setDraft] = useState(EMPTY);
  const scan = useScan();
  useStayLocal();
  const { scanned, isBusy } = scan;
  const edit = () => {
    // A field with many megabytes would make the browser slow.
    if (scanned)
      setDraft({ ...draft, text: scanned.text.length > MAX_TEXT_LENGTH ? "" : scanned.text });
    scan.edit();
  };
  return (
    <Page>
      <PageHeader title="Scan a configuration">
        Finds leaked keys, dangerous commands and hidden instructions. Your text stays in this page:
        nothing is sent, and it works without a network.
      </PageHeader>
      {scanned ? (
        <ScanView scan={scan} scanned={scanned} onEdit={edit} />
      ) : (
        <ScanInput
          draft={draft}
          isBusy={isBusy}
          onChange={setDraft}
          onScan={({ text, fileName, client, isShared }) =>
            scan.start(text, { client, fileName, isShared: isShared || null })
          }
        />
      )}
    </Page>
  );
}
