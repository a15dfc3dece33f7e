import { useState } from "react";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { CheckForm } from "./check-form.tsx";
import { CheckView } from "./check-view.tsx";
import { useCheck } from "./use-check.ts";

/** The check of a client's configuration: its form, its findings with their fixes, and the file of another client. */
export function CheckPage() {
  const [text, setText] = useState("");
  const check = useCheck();
  return (
    <Page>
      <PageHeader title="Check a configuration">
        Finds what your client would not understand, and what a registry would refuse of a
        server.json. The check runs in this page; the marketplace is asked for the names of packages
        and addresses only, and never gets values, headers or arguments.
      </PageHeader>
      <CheckForm
        text={check.draft?.text ?? text}
        isBusy={check.isBusy}
        onText={(value) => {
          check.clear();
          setText(value);
        }}
        onCheck={(value, fileName) => {
          setText(value);
          void check.start({ text: value, fileName, client: null });
        }}
      />
      {check.checked && check.draft && (
        <CheckView check={check} checked={check.checked} draft={check.draft} />
      )}
    </Page>
  );
}
