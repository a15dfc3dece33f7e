import { useState } from "react";
import { toSignInUrl } from "../../connect/gateway-url.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { listSnippets, type Snippet } from "./snippets.ts";
import type { AgentRule } from "./trust-rule-draft.ts";

interface Props {
  slug: string;
  rule: AgentRule;
  onClose: () => void;
}

/** Shows what a workload runs to get an access token by a rule. */
export function SnippetDialog({ slug, rule, onClose }: Props) {
  const snippets = listSnippets(rule, toSignInUrl(slug));
  const [id, setId] = useState<Snippet["id"]>(snippets[0]?.id ?? "shell");
  const shown = snippets.find((snippet) => snippet.id === id);
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title="Use in a workload"
      description="The access token is valid for 15 minutes at most. Each exchange needs a new token of the workload."
    >
      <Tabs
        label="Form"
        value={id}
        onChange={setId}
        tabs={snippets.map(({ id: value, label }) => ({ value, label }))}
      >
        {shown && <CodeBlock text={shown.text} contentName="snippet" />}
      </Tabs>
      <FormActions>
        <Button onClick={onClose}>Close</Button>
      </FormActions>
    </Dialog>
  );
}
